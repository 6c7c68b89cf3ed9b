package sqlstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/grouprules/groups"
)

// A question is criteria on their way into SQL, once they have been checked against the schema. What they say goes into
// the parameters; the text is put together from what stands in this package.
type question struct {
	parameters
	dialect Dialect
	schema  *groups.Schema
	now     time.Time
	zone    *time.Location
	tables  tables
	// narrow says that few are looked for: SQLite collects whom a condition is about that is true of few.
	narrow bool
	// unsaid is what SQL cannot say, with the reason for each, and why what each wraps.
	unsaid []groups.Problem
	why    error
	err    error
}

// Tables are where the people are whom a question is about; u is the row of one.
type tables interface {
	// column is where the values of a field stand, or the reason why they do not.
	column(f groups.Field) (c column, reason string)
	// has is a condition on users: they have a value of the field, of its type, for which where holds. Having says of how
	// many of them it must; blank is of one.
	has(f groups.Field, where, having string) string
	// lacks is that they have one for which where does not hold.
	lacks(f groups.Field, where string) string
	// empty is that they are known to have none.
	empty(f groups.Field) string
	// other answers a condition that is on no field.
	other(q *question, at string, c groups.Condition) answer
}

// answer is that of criteria.
func (q *question) answer(c groups.Criteria) answer {
	if len(c.Sets) == 0 {
		return answer{never, always}
	}
	sets := make([]answer, len(c.Sets))
	for i, set := range c.Sets {
		parts := make([]answer, len(set.Conditions))
		for j, cond := range set.Conditions {
			at := "/sets/" + strconv.Itoa(i) + "/conditions/" + strconv.Itoa(j)
			switch cond := cond.(type) {
			case groups.FieldCondition:
				parts[j] = q.field(at, cond)
			case groups.Everyone:
				parts[j] = answer{always, never}
			default:
				parts[j] = q.tables.other(q, at, cond)
			}
		}
		sets[i] = join(set.Match, parts)
	}
	return join(c.Match, sets)
}

// unknown is the answer where SQL cannot say, for a reason.
func (q *question) unknown(at, reason string, args ...any) answer {
	q.unsaid = append(q.unsaid, groups.Problem{Pointer: at, Err: q.why, Text: fmt.Sprintf(reason, args...)})
	return answer{never, never}
}

// among is a condition on a text: it is one of the list, which is one parameter however long it is.
func (q *question) among(text string, list any) string {
	return q.dialect.oneOf(text, q.document(list))
}

// document is the parameter for a JSON document.
func (q *question) document(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		q.err = errors.Join(q.err, err)
	}
	return q.bind(string(data))
}
