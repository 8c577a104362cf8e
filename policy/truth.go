package policy

// Truth is one of Kleene's three values. The zero Truth is False, and their
// order is what makes "and" the smaller and "or" the greater of two.
type Truth uint8

const (
	// False means known not to hold.
	False Truth = iota
	// Unknown means that it may hold: the caller has not said who they are,
	// or neither the request nor the sign-in shows it for certain.
	Unknown
	// True means known to hold.
	True
)

// String is the word for t.
func (t Truth) String() string {
	switch t {
	case False:
		return "false"
	case True:
		return "true"
	}
	return "unknown"
}

// Not swaps True and False and leaves Unknown alone.
func (t Truth) Not() Truth { return True - t }

func truthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}
