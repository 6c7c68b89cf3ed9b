package main

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/grouprules/groups"
)

// A Filler is a peer that can store the first membership of everybody in a group. The library evaluates it, commits it and
// writes every join to the change feed; a database is given the rows in bulk.
type Filler interface {
	Fill(ctx context.Context, group int) error
}

// fill is how long it takes to store the first memberships: everybody in every group.
func fill(ctx context.Context, m *measuring) error {
	f, is := m.peer.(Filler)
	if !is {
		return notOffered("stores no memberships of everybody")
	}
	start, filled := time.Now(), 0
	for ; filled < len(m.w.Groups) && (filled == 0 || time.Since(start) < m.budget); filled++ {
		if err := f.Fill(ctx, filled); err != nil {
			return err
		}
	}
	took := since(start)
	m.worked()
	r := Range{len(m.w.Users), filled}
	ran, rows := m.part(r), r.Users*filled
	m.add(line{
		what: "fill", ranAt: ran, scaled: ran != "", sample: newSample(took * m.scale(r)), against: []string{"fill"}, allocs: unmeasured,
		answers: fmt.Sprintf("%s rows a second", thousands(int(float64(rows)/took*1e9))),
	})
	return nil
}

func (l *library) Fill(ctx context.Context, group int) error {
	id := groups.GroupID(fmt.Sprintf("fill%05d", group))
	g := groups.Group{
		ID: id, Name: "group", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(groups.All(groups.Everyone{})),
	}
	if _, err := l.ev.Save(ctx, g, "bench"); err != nil {
		return err
	}
	run, err := l.ev.Process(ctx, id)
	if err != nil {
		return err
	}
	if n := len(run.Changes()); n != len(l.ids) {
		return fmt.Errorf("%w: %d users came into a group of everybody, of %d", ErrDisagreement, n, len(l.ids))
	}
	return nil
}

func (d *database) Fill(ctx context.Context, group int) error {
	if group == 0 {
		if err := d.script(ctx, "CREATE TABLE filled (tenant TEXT, grp TEXT, usr TEXT, member INT, PRIMARY KEY (tenant, grp, usr)); CREATE INDEX filled_user ON filled (tenant, usr, grp)"); err != nil {
			return err
		}
	}
	var rows iter.Seq[[]any] = func(yield func([]any) bool) {
		for i := range d.w.Users {
			if !yield([]any{"bench", fmt.Sprintf("fill%05d", group), string(userID(int32(i))), 2}) {
				return
			}
		}
	}
	return d.load(ctx, d.conn, "filled", []string{"tenant", "grp", "usr", "member"}, rows)
}
