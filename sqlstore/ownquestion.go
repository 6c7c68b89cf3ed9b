package sqlstore

import (
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/calendar"
	"github.com/grouprules/groups/internal/decimal"
)

// ownTables are those of the Store: what stands in filing.go, and groups_standing.
type ownTables struct {
	*question
	*membership
}

// rows is the condition that a user has rows, r, for which where holds. For SQLite it says whether to look for those of
// each user or, where these are few, to collect the users once, and perhaps to begin with them; PostgreSQL decides for
// itself.
func (q *question) rows(from, where, having string, few bool) string {
	if where == never {
		return never
	}
	where = and("r.tenant = ?1", where)
	group := " GROUP BY r.user_id HAVING "
	if q.dialect == SQLite {
		group = " GROUP BY +r.user_id HAVING " // it would rather go through all in that order than look some up
	}
	if having != "" {
		where += group + having
	}
	if q.dialect == Postgres || !few || !q.narrow {
		return q.dialect.exists(from + " WHERE r.user_id = u.id AND " + where)
	}
	return "u.id IN (SELECT r.user_id FROM " + from + " WHERE " + where + ")"
}

func (o *ownTables) values(typ, name, where, having string, few bool) string {
	return o.rows(o.by("groups_value r", "groups_value_key", few), and(typ, "r.name = "+o.bind(name), where), having, few)
}

// by is a table whose rows few users have, or many.
func (q *question) by(table, index string, few bool) string {
	if few && q.narrow {
		return q.dialect.by(table, index)
	}
	return table
}

// key is the column of the key. SQLite is kept from looking up the users of a key for each user.
func (o *ownTables) key() string {
	if o.dialect == SQLite && !o.narrow {
		return "+r.key"
	}
	return "r.key"
}

func (o *ownTables) column(f groups.Field) (column, string) {
	if !isFileable(f.Name) {
		return column{}, "the name of the field is too long for an index, or no text"
	}
	return column{key: o.key(), tail: "r.tail", scale: keys{}}, ""
}

func (o *ownTables) has(f groups.Field, where, having string) string {
	return o.values(typeOf(f), f.Name, where, having, true)
}

func (o *ownTables) lacks(f groups.Field, where string) string {
	return o.values(typeOf(f), f.Name, not(where), "", false)
}

func (o *ownTables) empty(f groups.Field) string {
	return o.values("r.type = '"+typeEmpty+"'", f.Name, always, "", false)
}

// typeOf is the condition that a row is of the type of a field.
func typeOf(f groups.Field) string {
	if f.Type == groups.TypeMultiChoice {
		return "r.type IN ('" + groups.TypeChoice.String() + "', '" + typeChoices + "')"
	}
	return "r.type = '" + f.Type.String() + "'"
}

func (o *ownTables) other(q *question, at string, c groups.Condition) answer {
	switch c := c.(type) {
	case groups.UnitCondition:
		return o.unit(c)
	case groups.UserCondition:
		return o.user(at, c)
	case groups.EnrollmentCondition:
		return o.enrollment(at, c)
	case groups.GroupCondition:
		return o.group(c)
	case groups.StatusCondition:
		return o.status(c)
	}
	panic("sqlstore: a kind of condition that was not there when this was written")
}

// status answers from two facts, each of which may be known without the other.
func (o *ownTables) status(c groups.StatusCondition) answer {
	fact := func(column, is string) string {
		return "(" + column + " IS NOT NULL AND " + column + " = '" + is + "')"
	}
	active, deactivated := fact("u.activation", groups.Activated.String()), fact("u.activation", groups.Deactivated.String())
	parts := make([]answer, len(c.Statuses))
	for i, s := range c.Statuses {
		switch s {
		case groups.StatusActive:
			parts[i] = answer{active, deactivated}
		case groups.StatusDeactivated:
			parts[i] = answer{deactivated, active}
		case groups.StatusExpired:
			parts[i] = answer{fact("u.expiry", groups.Expired.String()), fact("u.expiry", groups.Current.String())}
		}
	}
	return join(groups.MatchAny, parts).negated(c.Negated)
}

// unit answers from where the units stand.
func (o *ownTables) unit(c groups.UnitCondition) answer {
	sits := func(where string, few bool) string {
		return o.values("r.type = '"+typeUnit+"'", string(c.Tree), where, "", few)
	}
	in, nowhere := sits("r.key <> ''", false), sits("r.key = ''", false)
	a := answer{never, in}
	if c.Op != "isEmpty" {
		tree, goals := o.bind(string(c.Tree)), o.document(distinct(c.Units))
		met, lost := o.dialect.oneOf(o.key(), goals), never
		if c.Op != "is" {
			within, known := "p.place BETWEEN g.low AND g.high", "p.lost = 0"
			if c.Op == "below" {
				within = and(within, "p.id <> g.id")
			}
			if c.Depth > 0 {
				depth := o.bind(c.Depth)
				within = and(within, "p.level - g.level + (g.turn - p.turn + g.ring) % g.ring <= "+depth)
				known = or(known, "p.level >= "+depth)
			}
			beneath := o.dialect.in(o.key(), "SELECT p.id FROM groups_place g JOIN groups_place p ON p.tenant = g.tenant AND p.tree = g.tree AND "+within+
				" WHERE g.tenant = ?1 AND g.tree = "+tree+" AND "+o.dialect.oneOf("g.id", goals))
			if c.Op == "isOrBelow" {
				met = or(met, beneath)
			} else {
				met = beneath
			}
			lost = and("r.key <> ''", "NOT EXISTS (SELECT 1 FROM groups_place p WHERE p.tenant = ?1 AND p.tree = "+tree+" AND p.id = r.key AND "+known+")")
		}
		// Who is not found beneath a unit that is not in the tree might be.
		stray := "(SELECT count(*) FROM groups_place p WHERE p.tenant = ?1 AND p.tree = " + tree + " AND p.linked = 1 AND " + o.dialect.oneOf("p.id", goals) + ") < " +
			o.bind(len(distinct(c.Units)))
		yes := sits(met, true)
		a = answer{yes, and(in, not(yes), not(sits(lost, false)), not(stray))}
	}
	return a.whenEmpty(c.Op, c.Negated, c.OnEmpty, nowhere)
}

// user answers from the managers. Whoever is his own is not below himself.
func (o *ownTables) user(at string, c groups.UserCondition) answer {
	reports := func(where string) string {
		return o.dialect.exists("groups_user r WHERE r.tenant = ?1 AND " + where + " AND r.id <> u.id")
	}
	var a answer
	switch {
	case c.Op == "hasReports":
		some := reports("r.manager = u.id")
		a = answer{some, and(not(some), not(reports("r.manager IS NULL")))}
	case c.Op == "is":
		is := o.among("u.id", c.Users)
		a = answer{is, not(is)}
	case c.Depth == 1:
		direct := and("u.manager IS NOT NULL", "u.manager <> u.id", o.among("u.manager", c.Users))
		a = answer{direct, and("u.manager IS NOT NULL", not(direct))}
		if c.Op == "isOrBelow" {
			is := o.among("u.id", c.Users)
			a = join(groups.MatchAny, []answer{a, {is, not(is)}})
		}
	default:
		return o.unknown(at, "reporting lines are climbed in Go")
	}
	return a.negated(c.Negated)
}

// enrollment counts the courses that are certain, and those that may be.
func (o *ownTables) enrollment(at string, c groups.EnrollmentCondition) answer {
	courses := distinct(c.Courses)
	need := 1
	switch c.Quantifier {
	case groups.AllCourses:
		need = len(courses)
	case groups.AtLeastCourses:
		need = c.K
	}
	yes, no := always, never // of one record
	switch c.Op {
	case "is":
		yes = o.among("r.status", c.Statuses)
		no = and("r.status <> ''", not(yes))
	case "completed":
		on, reason := o.date(column{key: "r.completed", scale: keys{}}, false, c.When)
		if reason != "" {
			return o.unknown(at, "%s", reason)
		}
		instant, _ := o.date(column{key: "r.completed", scale: keys{}}, true, c.When)
		const isDay, isInstant = "length(r.completed) = 10", "length(r.completed) > 10"
		inside := or(and(isDay, on), and(isInstant, instant))
		outside := or(and(isDay, not(on)), and(isInstant, not(instant)))
		if c.When.Negated {
			inside, outside = outside, inside
		}
		yes, no = inside, or("r.completed = ''", outside)
	}
	// Which of the courses have a record of that kind, so many of them.
	named := o.among("r.course", courses)
	records := func(where, having string, n int, few bool) string {
		from := o.by("groups_enrollment r", "groups_enrollment_course", few)
		if having == ">=" && n == 1 {
			return o.rows(from, and(named, where), "", few)
		}
		return o.rows(from, and(named, where), "count(*) "+having+" "+o.bind(n), few)
	}
	certain := records(yes, ">=", need, true)
	// Where all records are known, those that are none are No; else only those that say so.
	const complete = "(u.complete IS NOT NULL AND u.complete = 1)"
	maybe := always
	if no != never {
		maybe = records("("+no+") IS NOT TRUE", ">=", need, false)
	} else {
		maybe = records(always, ">=", need, false)
	}
	refused := records(no, ">", len(courses)-need, false)
	return answer{certain, or(and(complete, not(maybe)), refused)}.negated(c.Negated)
}

// group answers from what is stored: of groups that are active and processed, about users who are decided there.
func (o *ownTables) group(c groups.GroupCondition) answer {
	var pairs, sure [][2]groups.GroupID // a group that is named, and one whose members count as its own
	named := slices.Compact(slices.Sorted(slices.Values(c.Groups)))
	certain := 0
	for _, g := range named {
		first, all := len(pairs), true
		for _, counted := range o.counted(g, c.OrBelow) {
			if o.answering[counted] {
				pairs = append(pairs, [2]groups.GroupID{g, counted})
			} else {
				all = false
			}
		}
		if all {
			certain++
			sure = append(sure, pairs[first:]...)
		}
	}
	// standings is the condition that such standings are there, in so many of the groups that are named.
	standings := func(pairs [][2]groups.GroupID, where string, n int, few bool) string {
		if len(pairs) == 0 {
			return never
		}
		in := make([]groups.GroupID, len(pairs))
		for i, p := range pairs {
			in[i] = p[1]
		}
		from, having := "groups_standing r", ""
		if n > 1 {
			from += " JOIN " + o.dialect.pairs(o.document(pairs)) + " ON pair.other = r.group_id"
			having = "count(DISTINCT pair.one) = " + o.bind(n)
		}
		return o.rows(from, and(o.among("r.group_id", in), where), having, few)
	}
	const member, maybe = "(r.member <> 0 AND r.undecided = 0)", "(r.member <> 0 OR r.undecided <> 0)"
	a := answer{never, never}
	switch {
	case c.Op == "memberOfAny":
		if a.yes = standings(pairs, member, 1, true); certain == len(named) {
			a.no = not(standings(pairs, maybe, 1, false))
		}
	default:
		if a.yes = standings(pairs, member, len(named), true); certain > 0 {
			a.no = not(standings(sure, maybe, certain, false))
		}
	}
	return a.negated(c.Negated)
}

// keys is the scale of groups_value: every value as a text.
type keys struct{}

func (keys) numbers(q *question, key string, list []decimal.Decimal) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = n.Key()
	}
	return q.among(key, texts)
}

func (keys) number(q *question, key, op string, n decimal.Decimal) string {
	return key + " " + op + " " + q.bind(n.Key())
}

func (keys) day(q *question, key, op string, d calendar.Day) string {
	if everywhere := beyondDays(op, d); everywhere != "" {
		return everywhere
	}
	return key + " " + op + " " + q.bind(d.String())
}

// beyondDays is what holds of every day of the years 1 to 9999 where the operand is none of them, or else "".
func beyondDays(op string, d calendar.Day) string {
	switch first, last := year(1), year(10000); {
	case d <= first:
		return map[string]string{"<": never, ">=": always}[op]
	case d >= last:
		return map[string]string{"<": always, ">=": never}[op]
	}
	return ""
}

// year is the first day of a year.
func year(n int) calendar.Day {
	return calendar.In(time.Date(n, time.January, 1, 0, 0, 0, 0, time.UTC), time.UTC)
}

func (keys) instant(q *question, key, op string, t time.Time) string {
	switch y := t.UTC().Year(); {
	case y < 1:
		return map[string]string{"<": never, ">=": always}[op]
	case y > 9999:
		return map[string]string{"<": always, ">=": never}[op]
	}
	return key + " " + op + " " + q.bind(instantKey(t))
}

func (keys) truth(q *question, key string, is bool) string {
	return key + " = " + map[bool]string{false: "'false'", true: "'true'"}[is]
}
