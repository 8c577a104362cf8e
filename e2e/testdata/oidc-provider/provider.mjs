// An OpenID provider for the tests: the certified oidc-provider with its own
// plain sign-in form, which takes any name and password.
//
// Environment: ISSUER (http://127.0.0.1:PORT), CLIENTS (a JSON list of client
// metadata). Prints "ready" once it listens.
import { Provider } from 'oidc-provider';

const { ISSUER, CLIENTS } = process.env;

const provider = new Provider(ISSUER, {
  clients: JSON.parse(CLIENTS),
  features: {
    pushedAuthorizationRequests: { enabled: true },
    backchannelLogout: { enabled: true },
  },
  // Renewed soon after they came, with a refresh token that counts once.
  ttl: { AccessToken: 4, IdToken: 600 },
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
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
