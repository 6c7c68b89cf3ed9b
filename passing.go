package groups

import (
	"slices"
	"time"
)

// This file holds what an index keeps of conditions that no stored group has, but drafts.

// passing are the last conditions that only drafts asked for: whoever writes at a rule soon asks for most of them again. They
// are of one version of the people and of one day, and of others they are asked anew: no group follows them, nobody who looks
// at one user asks them, and a change of a user costs nothing for them. One that has to go leaves its memory to the next. That
// is while the index is written to, so that nobody reads it, and never one of the run at hand.
type passing struct {
	at   string        // of the people
	list []passingOver // those first that were not asked for the longest
}

// A passingOver is a predicate with what it is found by.
type passingOver struct {
	key predicateKey
	*predicate
}

// manyPassing is how many are kept: those of a few people who write at rules at a time.
const manyPassing = 32

// find is the predicate of a condition that drafts asked for lately, or nil.
func (l *passing) find(spelt spelling, empty Verdict, zone *time.Location) *predicate {
	for i := len(l.list) - 1; i >= 0; i-- {
		of := l.list[i]
		if key := &of.key; string(spelt) == key.text && empty == key.empty && zone == key.zone {
			l.list = append(slices.Delete(l.list, i, i+1), of)
			return of.predicate
		}
	}
	return nil
}

// add is a predicate for a condition, in the memory of one that no run has asked for since the one of that number.
func (l *passing) add(key predicateKey, run uint64) *predicate {
	var p *predicate
	if len(l.list) >= manyPassing && l.list[0].used != run {
		p = l.list[0].predicate
		l.list = slices.Delete(l.list, 0, 1)
	} else {
		p = new(predicate)
	}
	*p = predicate{passing: true, yes: p.yes, unknown: p.unknown, weight: p.weight}
	l.list = append(l.list, passingOver{key, p})
	return p
}

// outdate has all of them asked anew.
func (l *passing) outdate() {
	for _, p := range l.list {
		p.filled = false
	}
}

// trim drops those that a draft with very many conditions had kept beyond the number, and takes them out of the sum of
// what predicates weigh.
func (l *passing) trim(sum *int) {
	for len(l.list) > manyPassing {
		*sum -= l.list[0].weight
		l.list = slices.Delete(l.list, 0, 1)
	}
}
