// Package identity says who is calling, and what proves it.
//
// A provider's answer becomes Claims (decoded strictly, see DecodeClaims), and
// Claims become an Identity through the mapping that the configuration gives.
// Everything above this package speaks of people through Identity alone.
package identity
