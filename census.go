package groups

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/grouprules/groups/internal/ordered"
	"github.com/grouprules/groups/internal/userset"
)

// This file holds how an index reads the people, and files them by its aspects.

// A person is one of the people, by number, with what stands above them in the lines.
type person struct {
	n      uint32
	parent int32
	*filedUser
}

// person numbers a user, and their manager: who files people beside others finds the numbers there.
func (x *index) person(u *filedUser) person {
	n := x.number(u.ID)
	if int(n) >= x.end && (x.end == 0 || x.ids[x.end-1] < u.ID) {
		x.ascending.Add(n)
		x.end = int(n) + 1
	}
	return person{n, x.lines.parent(&u.User), u}
}

// file puts people as they are now, and notes who comes or goes.
func (x *index) file(people []person, aspects []aspect) {
	for i := range people {
		x.note(people[i].n, statusCode(&people[i].User))
	}
	x.put(people, aspects)
}

// drop has one who is not among the people any more, or never was.
func (x *index) drop(n uint32) {
	x.note(n, 0)
	for _, a := range x.aspects {
		a.drop(n)
	}
}

// put has some aspects keep what people are; these share nothing, and many people are kept in each by itself, on all processors.
func (x *index) put(people []person, aspects []aspect) {
	inParallelIf(len(people) > 16, len(aspects), func() func(int) {
		return func(i int) { aspects[i].put(people) }
	})
}

// note has who comes, goes, or is switched on or off, by the code of their status now, which is 0 of one who is not
// there. It goes before the aspects, which still know who was there.
func (x *index) note(n, now uint32) {
	if was := x.status.codes.Code(n); was != now {
		if was == 0 || now == 0 || activationOf(was) != activationOf(now) {
			x.stirred.note(n)
			x.flips.add(n, flip{})
		}
		include(&x.present, n, now != 0)
		for of := range x.switched {
			include(&x.switched[of], n, now != 0 && activationOf(now) == Activation(of))
		}
	}
}

// take files users as they are now.
func (x *index) take(ctx context.Context, changed []UserID) error {
	if len(changed) == 0 {
		return nil
	}
	people := make([]person, 0, min(len(changed), filedTogether))
	all := slices.Collect(maps.Values(x.aspects))
	for batch := range slices.Chunk(changed, filedTogether) {
		people = people[:0]
		for _, id := range batch {
			u, err := filedUserOf(ctx, x.dir, id)
			switch {
			case errors.Is(err, ErrNotFound):
				x.drop(x.number(id))
			case err != nil:
				return fmt.Errorf("read user %q: %w", id, err)
			default:
				people = append(people, x.person(u))
			}
		}
		x.file(people, all)
	}
	return nil
}

// readEverybody files all people as they are now.
func (x *index) readEverybody(ctx context.Context) error {
	var met userset.Set
	all := slices.Collect(maps.Values(x.aspects))
	err := x.everybody(ctx, all, func(people []person) {
		for i := range people {
			met.Add(people[i].n)
		}
		x.file(people, all)
	})
	if err != nil {
		return err
	}
	var gone []uint32
	for n := range x.present.All() {
		if !met.Has(n) {
			gone = append(gone, n)
		}
	}
	for _, n := range gone {
		x.drop(n)
	}
	inParallel(len(all), func() func(int) { return func(i int) { all[i].tidy() } })
	return nil
}

// tidy tidies all aspects, which share nothing: of many users who changed each by itself, on all processors.
func (x *index) tidy() {
	behind := 0
	for _, a := range x.aspects {
		if v, is := a.(*valued); is {
			behind += len(v.behind)
		}
	}
	if behind <= fewBehind {
		for _, a := range x.aspects {
			a.tidy()
		}
		return
	}
	all := slices.Collect(maps.Values(x.aspects))
	inParallel(len(all), func() func(int) { return func(i int) { all[i].tidy() } })
}

// fewBehind is up to how many users are brought up to date faster than a second processor is put to work.
const fewBehind = 64

// grow makes room for so many users.
func (x *index) grow(users int, into []aspect) {
	x.numbers.Grow(users)
	for _, a := range into {
		a.grow(users)
	}
}

// filedTogether is how many people are filed together: what they have is still at hand for the next aspect.
const filedTogether = 1024

// everybody reads the people for some aspects, some at a time, and refuses what a run refuses that looks at them. They
// and their managers have numbers when they are taken.
func (x *index) everybody(ctx context.Context, into []aspect, take func([]person)) error {
	if m, ok := x.dir.(*Memory); ok {
		x.grow(m.count(), into)
	}
	people := make([]person, 0, filedTogether)
	last := UserID("")
	for u, err := range filedUsers(ctx, x.dir) {
		switch {
		case err != nil:
			return fmt.Errorf("read users: %w", err)
		case last != "" && u.ID <= last:
			return fmt.Errorf("read users: %v after %v: %w", u.ID, last, ordered.ErrOrder)
		}
		if err := u.ID.Check(); err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		last = u.ID
		people = append(people, x.person(u))
		if len(people) == filedTogether {
			take(people)
			people = people[:0]
		}
	}
	take(people)
	return nil
}
