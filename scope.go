package groups

import "context"

// A Scope tells which users somebody has to do with: Yes for those, No for the others, Unknown where
// that cannot be said. A nil Scope is everybody.
type Scope func(*User) Verdict

// Scoping is an optional capability of a Directory: it knows owners of groups whose visibility is
// limited. A group's rule is then evaluated over the users assigned to its owner, whoever edits it
// (Docebo: "based on the users currently assigned to the Power User").
//
// Contract, proved by package storetest:
//
//  1. Scope returns the users assigned to an owner, nil for an owner who has to do with everybody, and
//     an error where it cannot tell; a rule of that owner then moves nobody.
//  2. A Scope answers for any user of the Directory, in any order, from many goroutines at once, and the
//     same for as long as nothing was written.
type Scoping interface {
	Scope(ctx context.Context, owner string) (Scope, error)
}

// readScopes asks for the users assigned to the owners of the groups of the run. Where that cannot be
// said, it moves nobody in their groups, and stops nothing.
func (r *run) readScopes(ctx context.Context) error {
	if r.e.scoping == nil {
		return nil
	}
	type answer struct {
		scope Scope
		err   error
	}
	answers := map[string]answer{}
	for _, s := range r.order {
		if !s.whole && !s.partial || s.Kind != AutomaticGroup || s.Owner == "" {
			continue
		}
		a, asked := answers[s.Owner]
		if !asked {
			a.scope, a.err = r.e.scoping.Scope(ctx, s.Owner)
			if err := ctx.Err(); err != nil {
				return err
			}
			answers[s.Owner] = a
		}
		if s.scope, s.unread = a.scope, a.err != nil; s.unread {
			r.survey.unreadScope(s, a.err)
		}
	}
	return nil
}
