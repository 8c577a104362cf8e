// Reads addresses as browsers do: one JSON string a line in, and out what the
// WHATWG URL parser makes of it at the first argument's address, or null.
import { createInterface } from 'node:readline'

const base = process.argv[2]
for await (const line of createInterface({ input: process.stdin })) {
  let read = null
  try {
    const url = new URL(JSON.parse(line), base)
    read = { origin: url.origin, protocol: url.protocol, username: url.username, pathname: url.pathname, search: url.search }
  } catch {}
  console.log(JSON.stringify(read))
}
