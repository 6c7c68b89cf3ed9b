package law

import (
	"errors"
	"fmt"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// An Explainer is a host that says why.
type Explainer interface {
	Host
	// Explain says how one user stands in one group; known is false for a user who is not in the directory and whom
	// the group does not remember.
	Explain(g groups.GroupID, u groups.UserID) (row oracle.Row, known bool, err error)
}

// Explain asks the evaluator, and checks the explanation against itself.
func (p *Plain) Explain(g groups.GroupID, u groups.UserID) (row oracle.Row, known bool, err error) {
	x, err := p.ev().Explain(background, g, u)
	switch {
	case errors.Is(err, groups.ErrNotFound):
		return row, false, nil
	case err != nil:
		return row, false, err
	case x.Group != g || x.User != u:
		err = fmt.Errorf("asked about %s in %s, told about %s in %s", u, g, x.User, x.Group)
	case x.Undecided != (x.Reason == "unknown"):
		err = fmt.Errorf("undecided is %v for the reason %v", x.Undecided, x.Reason)
	case !x.Undecided && x.Population != groups.Outside && (x.Population == groups.Manual) != (x.Reason == "assignment"):
		err = fmt.Errorf("%v for the reason %v", x.Population, x.Reason)
	}
	return oracle.Row{Automatic: x.Automatic, Population: x.Population, Member: x.Member, Undecided: x.Undecided}, true, err
}

// Narrator is the page with a memory, explained by another reader of the page.
type Narrator struct {
	*Model
	Reader oracle.Oracle
}

// Explain works the row out.
func (n Narrator) Explain(g groups.GroupID, u groups.UserID) (row oracle.Row, known bool, err error) {
	row, known = n.Reader.Population(n.tenant)[g][u]
	return row, known, nil
}

// ExplainAgrees: an explanation tells, of everybody in every group, what processing has just written.
var ExplainAgrees = Law[Explainer]{
	Holds: func(t *rapid.T, x Explainer) error {
		tenant := Drawn{}.Tenant(t)
		if err := x.Load(tenant); err != nil {
			return err
		}
		r, err := x.Process()
		if err != nil {
			return err
		}
		stored, err := x.Stored()
		if err != nil {
			return err
		}
		for _, g := range tenant.Groups {
			for _, u := range tenant.Everybody() {
				row, known, err := x.Explain(g.ID, u)
				if err != nil {
					return fmt.Errorf("%w\n%s", err, Describe(tenant))
				}
				st := stored.At(g.ID, u)
				if _, present := tenant.User(u); known != (present || !st.Blank()) {
					return fmt.Errorf("%s in %s: known is %v", u, g.ID, known)
				}
				written := oracle.Row{Automatic: st.Automatic, Population: st.Population, Member: st.Member, Undecided: r.Undecided[Place{g.ID, u}]}
				if known && row != written {
					return fmt.Errorf("%s in %s is written %+v and explained %+v\n%s", u, g.ID, written, row, Describe(tenant))
				}
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.UnknownIsNo, oracle.PolicyIsIgnored, oracle.UndecidedIsOut},
}
