package gateway_test

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkReloadOf1000Routes: from the file to the swap, as SIGHUP does it.
// The bound is 200 ms.
func BenchmarkReloadOf1000Routes(b *testing.B) {
	var file strings.Builder
	file.WriteString(onLoopback + oneKey + fromPing + `
policies:
  staff:
    - {deny: {not_ip: [10.0.0.0/8, 127.0.0.0/8]}}
    - {name: staff, action: allow, include: [{group: staff}, {email_domain: example.com}], require: [{claim: {path: amr, has: mfa}}]}
routes:
`)
	for i := range 1000 {
		fmt.Fprintf(&file, "  - {name: route-%d, from: \"https://app%d.example.test/part/%d\", to: \"http://127.0.0.1:%d\", policy: staff, headers: {X-Department: {claim: department}}}\n", i, i%100, i, 2000+i)
	}
	h := start(b, file.String(), reloadable)
	b.ResetTimer()
	for range b.N {
		if _, err := h.server.Reload(); err != nil {
			b.Fatal(err)
		}
	}
}
