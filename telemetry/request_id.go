package telemetry

import "math/rand/v2"

// NewRequestID returns a fresh request id: 26 characters of Crockford's base32
// in lower case, 128 random bits. It can be read out on a telephone, selected
// with a double click, and put into a header, a file name or a query as it is.
//
// The bits come from the runtime's ChaCha8 generator, seeded by the operating
// system and one per thread. Strangers cannot guess the next id, but it is no
// secret and must never serve as one.
func NewRequestID() string {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	high, low := rand.Uint64(), rand.Uint64()
	var id [26]byte
	// 12 digits of 5 bits out of each half, and the 4 bits that are left
	// over in each as one digit.
	for i := range 12 {
		id[i] = alphabet[high&31]
		id[12+i] = alphabet[low&31]
		high >>= 5
		low >>= 5
	}
	id[24], id[25] = alphabet[high], alphabet[low]
	return string(id[:])
}
