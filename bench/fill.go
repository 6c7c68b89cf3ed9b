package main

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/grouprules/groups"
)

// A Filler is a peer that can store the first membership of everybody in a group. The library evaluates it, commits it and
// writes every join to the change feed; a database is given the rows in bulk. Fill returns how many members the group has then.
type Filler interface {
	Fill(ctx context.Context, group int) (members int, err error)
}

// fill is how long it takes to store the first memberships: everybody in every group.
func fill(ctx context.Context, m *measuring) error {
	f, is := m.peer.(Filler)
	if !is {
		return notOffered("stores no memberships of everybody")
	}
	start, filled := time.Now(), 0
	for ; filled < len(m.w.Groups) && (filled == 0 || time.Since(start) < m.budget); filled++ {
		n, err := f.Fill(ctx, filled)
		if err == nil && n != len(m.w.Users) {
			err = fmt.Errorf("%w: group %d has %d members and not %d", ErrDisagreement, filled, n, len(m.w.Users))
		}
		if err != nil {
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

func (l *library) Fill(ctx context.Context, group int) (int, error) {
	id := groups.GroupID(fmt.Sprintf("fill%05d", group))
	g := groups.Group{
		ID: id, Name: "group", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(groups.All(groups.Everyone{})),
	}
	if _, err := l.ev.Save(ctx, g, "bench"); err != nil {
		return 0, err
	}
	run, err := l.ev.Process(ctx, id)
	if err != nil {
		return 0, err
	}
	return len(run.Changes()), nil
}

func (d *database) Fill(ctx context.Context, group int) (n int, err error) {
	if group == 0 {
		err = d.script(ctx, "CREATE TABLE filled (tenant TEXT, grp TEXT, usr TEXT, member INT, PRIMARY KEY (tenant, grp, usr)); CREATE INDEX filled_user ON filled (tenant, usr, grp)")
	}
	id := fmt.Sprintf("fill%05d", group)
	var rows iter.Seq[[]any] = func(yield func([]any) bool) {
		for i := range d.w.Users {
			if !yield([]any{"bench", id, string(userID(int32(i))), 2}) {
				return
			}
		}
	}
	if err == nil {
		err = d.load(ctx, d.conn, "filled", []string{"tenant", "grp", "usr", "member"}, rows)
	}
	if err == nil {
		err = d.conn.QueryRowContext(ctx, "SELECT count(*) FROM filled WHERE tenant = 'bench' AND grp = $1", id).Scan(&n)
	}
	return n, err
}
