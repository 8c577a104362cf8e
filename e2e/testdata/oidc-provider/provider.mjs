// An OpenID provider for the tests: the certified oidc-provider with one client
// and its own plain sign-in form, which takes any name and password.
//
// Environment: ISSUER (http://127.0.0.1:PORT), REDIRECT_URI, SIGNED_OUT_URL,
// CLIENT_SECRET. Prints "ready" once it listens.
import { Provider } from 'oidc-provider';

const { ISSUER, REDIRECT_URI, SIGNED_OUT_URL, CLIENT_SECRET } = process.env;

const provider = new Provider(ISSUER, {
  clients: [{
    client_id: 'gatehouse',
    client_secret: CLIENT_SECRET,
    redirect_uris: [REDIRECT_URI],
    post_logout_redirect_uris: [SIGNED_OUT_URL],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  }],
  // By its rules the ID token holds no more than sub when there is an access
  // token: everything below is at the userinfo endpoint.
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username'],
    groups: ['groups'],
  },
  pkce: { required: () => true },
  cookies: { keys: ['for the tests only'] },
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: async () => ({
      sub,
      email: `${sub}@example.com`,
      email_verified: sub !== 'unverified',
      name: 'Zoë O’Neill, Ph.D.',
      preferred_username: sub,
      groups: ['staff', 'R&D, Berlin', '50% time'],
    }),
  }),
});

provider.listen(Number(new URL(ISSUER).port), '127.0.0.1', () => console.log('ready'));
