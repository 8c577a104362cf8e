package session

import (
	"encoding/json"
	"unsafe"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

const (
	textHeader = int(unsafe.Sizeof(""))
	valueSize  = int(unsafe.Sizeof(any(nil)))
	mapHeader  = 48
)

// weight is how many bytes s takes in memory, rather too many than too few: an
// operator's bound must hold whatever a provider puts into claims, and a short
// text or a lone true takes many times the room that it takes sealed.
func (s *Session) weight() int {
	n := int(unsafe.Sizeof(*s)) + len(s.ID) + identityWeight(&s.Identity) + len(s.SID) + len(s.Kept) +
		len(s.Tokens.ID) + len(s.Tokens.Access) + len(s.Tokens.Refresh) + len(s.Device) + len(s.Address)
	if len(s.Levels) > 0 {
		n += mapWeight(len(s.Levels), int(unsafe.Sizeof(Time(0))))
		for acr := range s.Levels {
			n += len(acr)
		}
	}
	return n + n/8 // the allocator rounds up
}

func identityWeight(id *identity.Identity) int {
	n := len(id.Provider) + len(id.Issuer) + len(id.Subject) + len(id.Email) + len(id.Name) + len(id.Username) + len(id.ACR)
	for _, list := range [][]string{id.Groups, id.AMR} {
		n += textHeader * len(list)
		for _, s := range list {
			n += len(s)
		}
	}
	if len(id.Claims) > 0 {
		n += claimWeight(map[string]any(id.Claims))
	}
	return n
}

func claimWeight(v any) int {
	switch v := v.(type) {
	case string:
		return textHeader + len(v)
	case json.Number:
		return textHeader + len(v)
	case []any:
		n := textHeader + valueSize + valueSize*len(v)
		for _, member := range v {
			n += claimWeight(member)
		}
		return n
	case map[string]any:
		n := mapWeight(len(v), valueSize)
		for name, member := range v {
			n += len(name) + claimWeight(member)
		}
		return n
	}
	return 0
}

// mapWeight is that of a map with n text keys. A table has eight slots at
// least, and may be half empty when it is larger.
func mapWeight(n, value int) int {
	slots := 8
	if n > slots {
		slots = 2 * n
	}
	return mapHeader + slots*(textHeader+value+1)
}
