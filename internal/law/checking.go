package law

import (
	"errors"
	"fmt"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// A Checker is a host that is asked what criteria say of one user.
type Checker interface {
	Host
	// Match asks the engine, and Said takes the same from an explanation. Each is a verdict, or that there is no such
	// group or user, in words.
	Match(g groups.GroupID, u groups.UserID) (string, error)
	Said(g groups.GroupID, u groups.UserID) (string, error)
}

// Match asks the evaluator.
func (p *Plain) Match(g groups.GroupID, u groups.UserID) (string, error) {
	v, err := p.ev().Match(background, g, u)
	return inWords(v, err)
}

// Said explains, by the evaluator that looks at everybody.
func (p *Plain) Said(g groups.GroupID, u groups.UserID) (string, error) {
	x, err := p.looks.Explain(background, g, u)
	if err != nil {
		return inWords(groups.Unknown, err)
	}
	v := x.Verdict
	if x.Scope != nil {
		switch {
		case v == groups.No || *x.Scope == groups.No:
			v = groups.No
		case *x.Scope == groups.Unknown:
			v = groups.Unknown
		}
	}
	return inWords(v, nil)
}

func inWords(v groups.Verdict, err error) (string, error) {
	switch {
	case errors.Is(err, groups.ErrNotFound):
		return err.Error(), nil
	case err != nil:
		return "", err
	}
	return v.String(), nil
}

// Hasty is a host that goes by what it was last told, for as long as nobody processes.
type Hasty struct {
	*Plain
	told map[Place]string
}

// Match remembers.
func (h *Hasty) Match(g groups.GroupID, u groups.UserID) (string, error) {
	if h.told == nil {
		h.told = map[Place]string{}
	}
	said, known := h.told[Place{g, u}]
	if known {
		return said, nil
	}
	said, err := h.Plain.Match(g, u)
	h.told[Place{g, u}] = said
	return said, err
}

// Load forgets.
func (h *Hasty) Load(t oracle.Tenant) error {
	h.told = nil
	return h.Plain.Load(t)
}

// Process forgets.
func (h *Hasty) Process(ids ...groups.GroupID) (Report, error) {
	h.told = nil
	return h.Plain.Process(ids...)
}

// MatchIsWhatExplainSays: of somebody in every group, at every moment of a history: after each change of people, units
// and groups, each decision, each run, and as time passes.
var MatchIsWhatExplainSays = Law[Checker]{
	Holds: func(t *rapid.T, c Checker) error {
		m, err := newMachine(t, c)
		if err != nil {
			return err
		}
		actions := m.actions()
		actions[""] = func(t *rapid.T) {
			if m.err == nil {
				m.check(m.checked(t, c))
			}
		}
		t.Repeat(actions)
		return m.err
	},
}

// checked compares what is said of somebody in every group.
func (m *machine) checked(t *rapid.T, c Checker) error {
	u := draw(t, "whom", append(m.tenant().Everybody(), absent...)...)
	for _, g := range groupIDs[:m.groups] {
		got, failed := c.Match(g, u) // before the other looks at what has changed
		want, err := c.Said(g, u)
		if err != nil {
			return err
		}
		if err := failed; err != nil || got != want {
			return fmt.Errorf("the criteria of %s say %q of %s (%v), and are explained to say %q\n%s", g, got, u, err, want, Describe(m.tenant()))
		}
	}
	return nil
}
