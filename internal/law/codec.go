package law

import (
	"fmt"
	"reflect"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// JSONAndBack is the identity, and what is written is read by the same words.
var JSONAndBack = Law[Codec]{
	Holds: func(t *rapid.T, c Codec) error {
		now := clock(t)
		want := Drawn{}.Criteria(t, now, 5)
		text, err := c.Write(want)
		if err != nil {
			return err
		}
		got, err := c.Read(text)
		if err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("%s reads as %+v, not %+v", text, got, want)
		}
		again, err := c.Write(got)
		if err == nil && string(again) != string(text) {
			err = fmt.Errorf("%s is written again as %s", text, again)
		}
		return err
	},
	Mutants: []oracle.Defect{oracle.WhenEmptyIsIgnored, oracle.NegationForgotten},
}

// A Codec writes and reads criteria.
type Codec interface {
	Write(c groups.Criteria) ([]byte, error)
	Read(text []byte) (groups.Criteria, error)
}

// JSON is the codec of package groups, or one that loses something.
type JSON struct{ Loses oracle.Defect }

// Write writes criteria as JSON.
func (j JSON) Write(c groups.Criteria) ([]byte, error) { return c.MarshalJSON() }

// Read reads criteria, less what is lost.
func (j JSON) Read(text []byte) (groups.Criteria, error) {
	c, err := groups.ParseCriteria(text, nil)
	for _, s := range c.Sets {
		for i, cond := range s.Conditions {
			field, ok := cond.(groups.FieldCondition)
			if !ok {
				continue
			}
			switch j.Loses {
			case oracle.WhenEmptyIsIgnored:
				field.OnEmpty = groups.ByOperator
			case oracle.NegationForgotten:
				field.Negated = false
			}
			s.Conditions[i] = field
		}
	}
	return c, err
}
