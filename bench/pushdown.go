package main

import (
	"context"
	"iter"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/bench/workload"
	"github.com/grouprules/groups/sqlstore"
)

// pushdown is the library over a database without an index: criteria are put to the database, group by group, and what
// it finds is compared with what is stored.
type pushdown struct {
	unsupported
	l     *library
	store *sqlstore.Store
}

// pushed is a store whose criteria are put to the database.
func pushed(open func(context.Context, *workload.World) (Peer, error)) func(context.Context, *workload.World) (Peer, error) {
	return func(ctx context.Context, w *workload.World) (Peer, error) {
		p, err := open(ctx, w)
		if err != nil {
			return nil, err
		}
		l := p.(*library)
		l.ev = nil
		return &pushdown{l: l, store: l.store.(*sqlstore.Store)}, nil
	}
}

func (p *pushdown) Learning(changes []workload.Change) func(context.Context) error {
	return p.l.Learning(changes)
}

func (p *pushdown) Full(ctx context.Context, r Range) ([]Move, error) {
	active, _, err := p.find(ctx, groups.AllSets(groups.All(groups.StatusIs(groups.StatusActive))))
	if err != nil {
		return nil, err
	}
	var moves []Move
	for g, id := range p.l.groups[:r.Groups] {
		yes, unknown, err := p.find(ctx, libraryCriteria(&p.l.w.Groups[g]))
		if err != nil {
			return nil, err
		}
		move := func(user groups.UserID, joined bool) {
			moves = append(moves, Move{int32(g), p.l.users[user], joined})
		}
		for st, err := range p.store.Standings(ctx, id, "") {
			if err != nil {
				return nil, err
			}
			rule := yes[st.User] || unknown[st.User] && st.Automatic
			delete(yes, st.User)
			is := st.Assignment != nil || rule && active[st.User]
			if was := st.Member != groups.Outside; is != was {
				move(st.User, is)
			}
		}
		for user := range yes {
			if active[user] {
				move(user, true)
			}
		}
	}
	return moves, nil
}

func (p *pushdown) find(ctx context.Context, c groups.Criteria) (yes, unknown map[groups.UserID]bool, err error) {
	q, err := p.store.Query(ctx, c, libraryNow(), nil)
	if err != nil {
		return nil, nil, err
	}
	if yes, err = users(q.Yes(ctx)); err == nil {
		unknown, err = users(q.Unknown(ctx))
	}
	return yes, unknown, err
}

func users(found iter.Seq2[groups.UserID, error]) (map[groups.UserID]bool, error) {
	all := map[groups.UserID]bool{}
	for id, err := range found {
		if err != nil {
			return nil, err
		}
		all[id] = true
	}
	return all, nil
}

func (p *pushdown) Close() error { return p.l.Close() }
