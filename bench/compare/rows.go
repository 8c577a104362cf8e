package main

import "errors"

// table measures the rows.
func (b *bed) table() error { return errors.New("no rows yet: BENCH_PROFILE names no directory") }
