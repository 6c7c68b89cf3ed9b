package program

import "slices"

// Answers are what a condition says of a few users, a bit each: who meets it, and of whom that is not known, where there is
// anybody; nil is nobody. They share no bit.
type Answers struct {
	Yes, Unknown []uint64
}

// A Poll evaluates programs over a few users, a bit each, wherever they are in the population. It is scratch memory, made once,
// for one goroutine.
type Poll struct {
	whole, clause ends
}

// ends are both ends of what something says: for whom it holds, and for whom it may hold.
type ends struct {
	yes, possible []uint64
}

// Evaluate works out for whom of so many users the program holds, and for whom it may hold. The bits are the caller's until the
// next call; those behind the last user are not set.
func (p *Poll) Evaluate(of *Program, terms []Answers, users int) (yes, possible []uint64) {
	words := (users + 63) / 64
	for _, e := range []*ends{&p.whole, &p.clause} {
		e.yes, e.possible = slices.Grow(e.yes[:0], words)[:words], slices.Grow(e.possible[:0], words)[:words]
	}
	p.whole.begin(len(of.Clauses) > 0 && !of.Any)
	for i := range of.Clauses {
		c := &of.Clauses[i]
		p.clause.begin(!c.Any)
		for _, l := range c.Literals {
			if p.clause.join(c.Any, l.Negated, terms[l.Term]); !c.Any && p.clause.nobody() {
				break
			}
		}
		if p.whole.joinEnds(of.Any, &p.clause); !of.Any && p.whole.nobody() {
			break
		}
	}
	if rest := users & 63; rest > 0 {
		p.whole.yes[words-1] &= 1<<rest - 1
		p.whole.possible[words-1] &= 1<<rest - 1
	}
	return p.whole.yes, p.whole.possible
}

// begin makes it Yes of all, or No.
func (e *ends) begin(all bool) {
	word := uint64(0)
	if all {
		word = ^word
	}
	for w := range e.yes {
		e.yes[w], e.possible[w] = word, word
	}
}

// nobody reports whether it is No of all.
func (e *ends) nobody() bool {
	return !slices.ContainsFunc(e.possible, func(word uint64) bool { return word != 0 })
}

// join joins a literal.
func (e *ends) join(any, negated bool, a Answers) {
	for w := range e.yes {
		var yes, unknown uint64
		if a.Yes != nil {
			yes = a.Yes[w]
		}
		if a.Unknown != nil {
			unknown = a.Unknown[w]
		}
		if negated {
			yes = ^(yes | unknown)
		}
		if any {
			e.yes[w], e.possible[w] = e.yes[w]|yes, e.possible[w]|yes|unknown
		} else {
			e.yes[w], e.possible[w] = e.yes[w]&yes, e.possible[w]&(yes|unknown)
		}
	}
}

// joinEnds joins a clause.
func (e *ends) joinEnds(any bool, c *ends) {
	for w := range e.yes {
		if any {
			e.yes[w], e.possible[w] = e.yes[w]|c.yes[w], e.possible[w]|c.possible[w]
		} else {
			e.yes[w], e.possible[w] = e.yes[w]&c.yes[w], e.possible[w]&c.possible[w]
		}
	}
}
