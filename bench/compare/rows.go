package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// row is something measured.
type row struct {
	name  string // for BENCH_ROWS
	title string
	// turns starts what the row needs, once, and says who takes part.
	turns func(*bed) ([]turn, error)
	// once: measured at the end and not in every round, because the machine's
	// load hardly moves it or it takes its medians itself.
	once   bool
	bounds []bound
}

// turn is one who takes part in a row.
type turn struct {
	who     string
	measure func() (figures, error)
	subject *subject // for a profile, if it has one
}

// bound is what a figure of Gatehouse's is held to: at most or at least so
// much, or so many times what somebody else came to.
type bound struct {
	figure      string
	of          string // whose; Gatehouse's if empty
	times       string // the yardstick; none if empty
	most, least float64
	worst       bool // of all rounds, instead of the median
}

const gatehouse = "Gatehouse"

// all are the rows in the order of the table.
func all() []row {
	return slices.Concat(signedInRows(), storeRows(), bodyRows(), doorRows(), frontRows(), growthRows(), restRows())
}

// chosen are those that BENCH_ROWS names.
func (s settings) chosen() (rows []row, err error) {
	known := all()
	if len(s.rows) == 0 {
		return known, nil
	}
	for _, name := range s.rows {
		i := slices.IndexFunc(known, func(r row) bool { return r.name == name })
		if i < 0 {
			var names []string
			for _, r := range known {
				names = append(names, r.name)
			}
			return nil, fmt.Errorf("BENCH_ROWS: no row is called %q; there are: %s", name, strings.Join(names, " "))
		}
		rows = append(rows, known[i])
	}
	return rows, nil
}

// result is what a row came to.
type result struct {
	row
	who    []string
	rounds map[string][]figures // of each who
	failed error
}

// median of a figure; ok is false where it was not measured.
func (r *result) median(who, figure string) (value float64, ok bool) {
	values := r.values(who, figure)
	if len(values) == 0 {
		return 0, false
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2, true
}

func (r *result) values(who, figure string) (values []float64) {
	for _, f := range r.rounds[who] {
		if v, ok := f[figure]; ok {
			values = append(values, v)
		}
	}
	return values
}

// figure names that any turn of the row told, in the order of figureNames.
func (r *result) figures() (names []string) {
	for _, name := range figureNames {
		for _, who := range r.who {
			if _, ok := r.median(who, name); ok {
				names = append(names, name)
				break
			}
		}
	}
	return names
}

// verdict is a bound held against what was measured.
type verdict struct {
	bound
	ours, yardstick, ratio float64
	missing                string // who was not there to measure
	held                   bool
}

func (r *result) verdict(b bound) verdict {
	v := verdict{bound: b}
	v.of = cmp.Or(b.of, gatehouse)
	var ok bool
	if v.ours, ok = r.median(v.of, b.figure); !ok {
		v.missing = v.of
		return v
	}
	if b.worst {
		v.ours = slices.Max(r.values(v.of, b.figure))
	}
	v.ratio = v.ours
	if b.times != "" {
		if v.yardstick, ok = r.median(b.times, b.figure); !ok || v.yardstick == 0 {
			v.missing = b.times
			return v
		}
		v.ratio = v.ours / v.yardstick
	}
	v.held = (b.least == 0 || v.ratio >= b.least) && (b.least != 0 || v.ratio <= b.most)
	return v
}

// measure takes all rows through all rounds. What fails is told and does not
// keep the others from being measured.
func (b *bed) measure(rows []row) (results []*result) {
	turns := map[string][]turn{}
	for _, r := range rows {
		results = append(results, &result{row: r, rounds: map[string][]figures{}})
	}
	for round := 1; round <= b.rounds; round++ {
		for _, r := range results {
			if r.failed != nil || r.once && round < b.rounds {
				continue
			}
			b.say("round %d of %d: %s", round, b.rounds, r.title)
			if turns[r.name] == nil {
				if turns[r.name], r.failed = r.turns(b); r.failed != nil {
					b.say("%s: %v", r.title, r.failed)
					continue
				}
			}
			for _, t := range turns[r.name] {
				f, err := t.measure()
				if err != nil {
					b.say("%s: %v", r.title, err)
					r.failed = errors.Join(r.failed, err)
					continue
				}
				if !slices.Contains(r.who, t.who) {
					r.who = append(r.who, t.who)
				}
				r.rounds[t.who] = append(r.rounds[t.who], f)
			}
		}
	}
	return results
}
