package config

import (
	"fmt"
	"strconv"
)

// Count is a whole number of at least one.
type Count int

func (c *Count) parse(text string, src source) error {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return fmt.Errorf("%s is not a whole number between 1 and 65535", src.quote(text))
	}
	*c = Count(n)
	return nil
}

// Share is a part of the whole, from 0 to 1.
type Share float64

func (s *Share) parse(text string, src source) error {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return fmt.Errorf("%s is not a share between 0 and 1, like 0.01 for one in a hundred", src.quote(text))
	}
	*s = Share(f)
	return nil
}
