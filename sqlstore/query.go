package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// ErrInGo is wrapped by what [Query.InGo] lists.
var ErrInGo = errors.New("asked in Go")

// A Query is criteria put to the database, about everybody in a tenant. Its answers are those of the [groups.Rule] that
// the criteria make, for every rule: what SQL cannot say it calls unknown, and of users about whom it is, the Rule
// is asked.
type Query struct {
	store *Store
	rule  *groups.Rule
	yes   statement // those for whom the criteria hold, or where the Rule is asked those for whom they may
	open  statement // those about whom SQL does not know
	inGo  []groups.Problem
	view  groups.View
	named *membership
	exact []string // the fields by which the rows that SQL asks are filed; nil where it asks none
}

// ErrStaleQuery is wrapped by the error that ends a [Query] where the schema was written since it was made, so that texts
// compare in another form. Make it anew.
var ErrStaleQuery = errors.New("the schema was written since the query was made")

// A statement finds users by ID, after one, up to a number of them. What follows its values are these two.
type statement struct {
	text   string
	values []any
}

// Query checks criteria under the schema of the tenant, with a [*groups.CriteriaError] of all that is wrong with them. Now
// and zone are those of a [groups.View]; a nil zone is UTC. Conditions on groups read memberships as they are written, of groups
// that are active. Schema and groups are as they are now, and so is what rules that are asked in Go need of all the people and units.
func (s *Store) Query(ctx context.Context, c groups.Criteria, now time.Time, zone *time.Location) (*Query, error) {
	schema, err := s.Schema(ctx)
	if err != nil {
		return nil, err
	}
	rule, err := schema.Compile(c)
	if err != nil {
		return nil, err
	}
	in := s.conn()
	q := &Query{store: s, rule: rule, view: groups.View{Now: now, Zone: zone}}
	if q.named, err = s.membership(ctx, in, c); err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	exact, filed, err := s.filed(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	asked := &question{dialect: s.dialect, schema: schema, now: now, zone: zone, why: ErrInGo}
	asked.bind(s.tenant)
	asked.tables = &ownTables{asked, q.named}
	says := answer{never, never}
	if filed && slices.Equal(exact, exactFields(schema)) {
		says, q.exact = asked.answer(c), exact
	} else {
		asked.unknown("", "the people were last written before their values had tables")
	}
	q.inGo = asked.unsaid
	q.open = asked.statement("0", and(not(says.yes), not(says.no)))
	if len(q.inGo) > 0 {
		q.yes = asked.statement("CASE WHEN "+says.yes+" THEN 1 ELSE 0 END", not(says.no))
	} else {
		asked.narrow = true
		q.yes = asked.statement("1", asked.answer(c).yes)
	}
	if asked.err != nil {
		return nil, fmt.Errorf("query: %w", asked.err)
	}
	if len(q.inGo) > 0 {
		if err := q.look(ctx, in, c); err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
	}
	return q, nil
}

// InGo lists the conditions that SQL cannot say, each with the reason, wrapping [ErrInGo]: none where the
// database answers alone. The Rule is asked about users whom the others do not decide.
func (q *Query) InGo() []groups.Problem { return slices.Clone(q.inGo) }

// Yes yields those for whom the criteria hold, by ID. It holds 100,000 IDs at a time.
func (q *Query) Yes(ctx context.Context) iter.Seq2[groups.UserID, error] {
	return q.users(ctx, &q.yes, groups.Yes)
}

// Unknown yields those about whom what is known does not decide, by ID.
func (q *Query) Unknown(ctx context.Context) iter.Seq2[groups.UserID, error] {
	return q.users(ctx, &q.open, groups.Unknown)
}

// statement finds the users for whom where holds, and says of each whether that is sure.
func (q *question) statement(sure, where string) statement {
	const tenant = 1 // the parameter, as in every statement of a Store
	text, values := q.of("SELECT u.id, "+sure+" FROM groups_user u WHERE u.tenant = ?1 AND "+where, 1, tenant)
	text += fmt.Sprintf(" AND u.id > ?%d ORDER BY u.id LIMIT ?%d", len(values)+1, len(values)+2)
	return statement{text, values[tenant:]}
}

// A candidate is a user of whom SQL says something, for sure or not.
type candidate struct {
	id   groups.UserID
	sure bool
}

// idPage is how many users one statement finds: what has to be collected for a condition is collected once for them.
const idPage = 100_000

// users yields those whom a statement finds who have the verdict.
func (q *Query) users(ctx context.Context, by *statement, verdict groups.Verdict) iter.Seq2[groups.UserID, error] {
	return func(yield func(groups.UserID, error) bool) {
		last := ""
		for {
			c := q.store.conn()
			page, err := list(ctx, c, func(row func(...any) error) (one candidate, err error) {
				var sure int
				err = row(&one.id, &sure)
				one.sure = sure != 0 || len(q.inGo) == 0
				return one, err
			}, by.text, append(slices.Clip(by.values), last, idPage)...)
			if err == nil {
				err = q.isOfTheSchema(ctx, c)
			}
			if err != nil {
				yield("", fmt.Errorf("query: %w", err))
				return
			}
			for some := range slices.Chunk(page, pageSize) {
				ids, err := q.decided(ctx, c, some, verdict)
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					yield("", fmt.Errorf("query: %w", err))
					return
				}
				for _, id := range ids {
					if !yield(id, nil) {
						return
					}
				}
			}
			if len(page) < idPage {
				return
			}
			last = string(page[len(page)-1].id)
		}
	}
}

// isOfTheSchema refuses what was read if the rows were filed in another form in the meantime.
func (q *Query) isOfTheSchema(ctx context.Context, c conn) error {
	if q.exact == nil {
		return nil
	}
	exact, _, err := q.store.filed(ctx, c)
	if err == nil && !slices.Equal(exact, q.exact) {
		err = ErrStaleQuery
	}
	return err
}

// decided are those of the candidates who have the verdict: of whom that is not sure, the Rule says so.
func (q *Query) decided(ctx context.Context, c conn, some []candidate, verdict groups.Verdict) (ids []groups.UserID, err error) {
	var unsure []groups.UserID
	for _, one := range some {
		if !one.sure {
			unsure = append(unsure, one.id)
		}
	}
	says := map[groups.UserID]groups.Verdict{}
	if len(unsure) > 0 {
		if says, err = q.ask(ctx, c, unsure); err != nil {
			return nil, err
		}
	}
	for _, one := range some {
		if says, there := says[one.id]; one.sure || there && says == verdict {
			ids = append(ids, one.id)
		}
	}
	return ids, nil
}

// ask has the Rule decide about users.
func (q *Query) ask(ctx context.Context, c conn, ids []groups.UserID) (map[groups.UserID]groups.Verdict, error) {
	users, err := list(ctx, c, scanUser, "SELECT document FROM groups_user WHERE tenant = ?1 AND "+c.dialect.oneOf("id", "?2"), array(ids))
	if err != nil {
		return nil, err
	}
	view := q.view
	if view.Memberships, err = q.named.of(ctx, c, ids); err != nil {
		return nil, err
	}
	says := make(map[groups.UserID]groups.Verdict, len(users))
	for i := range users {
		says[users[i].ID] = q.rule.Match(&users[i], &view)
	}
	return says, nil
}

// look reads what the Rule needs to see beside the user: the trees and the reporting lines, where it asks for them.
func (q *Query) look(ctx context.Context, c conn, criteria groups.Criteria) error {
	units, lines := false, false
	for _, set := range criteria.Sets {
		for _, cond := range set.Conditions {
			switch cond := cond.(type) {
			case groups.UnitCondition:
				units = true
			case groups.UserCondition:
				lines = lines || cond.Op != "is"
			}
		}
	}
	if units {
		trees, err := q.store.trees(ctx, c)
		if err != nil {
			return err
		}
		q.view.Trees = map[groups.Tree]*groups.Hierarchy{}
		for tree, units := range trees {
			q.view.Trees[tree] = groups.NewTree(units...)
		}
	}
	if !lines {
		return nil
	}
	people, err := list(ctx, c, func(row func(...any) error) (u groups.User, err error) {
		var manager *groups.UserID
		if err = row(&u.ID, &manager); manager != nil {
			u.Manager = groups.ReportsTo(*manager)
		}
		return u, err
	}, "SELECT id, manager FROM groups_user WHERE tenant = ?1")
	q.view.Lines = groups.NewLines(people...)
	return err
}
