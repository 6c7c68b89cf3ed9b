package workload

import "slices"

// A composer writes rules: 6.2 conditions on average, with a tail to 50.
type composer struct {
	*draw
	users int32
}

func (c *composer) criteria() Criteria {
	n := 3
	for n < 20 && c.r.IntN(100) >= 31 {
		n++
	}
	if c.r.IntN(100) < 4 {
		n = 12 + c.r.IntN(39)
	}
	// All alone, Any of All, or All of Any.
	shape := c.r.IntN(20)
	if n == 3 || n <= 8 && shape < 9 {
		return Criteria{Sets: []Set{{Conditions: c.conditions(n)}}}
	}
	out := Criteria{Any: shape < 18}
	sets := max(2, n*2/5)
	if out.Any {
		sets = max(2, n/4)
	}
	for ; sets > 0; sets-- {
		k := n / sets
		out.Sets = append(out.Sets, Set{Any: !out.Any, Conditions: c.conditions(k)})
		n -= k
	}
	return out
}

func (c *composer) conditions(n int) []Condition {
	list := make([]Condition, n)
	for i := range list {
		list[i] = c.condition()
	}
	return list
}

// condition draws a condition; one of twelve is negated.
func (c *composer) condition() Condition {
	out := c.positive()
	out.Negated = c.r.IntN(12) == 0
	return out
}

func (c *composer) positive() Condition {
	switch n := c.r.IntN(100); {
	case n < 16:
		return Condition{Kind: InUnit, Nodes: c.some(2, func() int32 { return c.node(c.units) })}
	case n < 26:
		return Condition{Kind: Under, Nodes: c.some(1, func() int32 { return c.node(int(c.users+7) / 8) })}
	case n < 32:
		return Condition{Kind: Contains, Field: Title, Part: Fold(roles[c.r.IntN(len(roles))])}
	case n < 34:
		return Condition{Kind: StartsWith, Field: Title, Part: Fold(levels[c.r.IntN(len(levels))])}
	case n < 38:
		return Condition{Kind: Is, Field: Title, Codes: c.some(6, func() int32 { return int32(c.title.Uint64()) })}
	case n < 46:
		return Condition{Kind: Is, Field: City, Codes: c.some(4, func() int32 { return int32(c.city.Uint64()) })}
	case n < 49:
		return Condition{Kind: EndsWith, Field: Email, Part: "@" + domain(int(c.skewed(domains)))}
	case n < 58:
		return Condition{Kind: Is, Field: Country, Codes: c.some(3, func() int32 { return int32(c.country.Uint64()) })}
	case n < 65:
		return Condition{Kind: Is, Field: Grade, Codes: c.some(3, func() int32 { return int32(c.grade.Uint64()) })}
	case n < 70:
		return Condition{Kind: IncludesAny, Field: Skills, Mask: c.mask()}
	case n < 72:
		return Condition{Kind: IncludesAll, Field: Skills, Mask: c.mask()}
	case n < 77:
		return c.date(Hired)
	case n < 81:
		return c.date(Seen)
	case n < 86:
		return c.pay()
	case n < 89:
		return Condition{Kind: Is, Field: Remote, Codes: []int32{int32(c.r.IntN(2))}}
	case n < 90:
		return Condition{Kind: IsEmpty, Field: Field(c.r.IntN(int(Fields)))}
	case n < 95:
		list := c.some(4, func() int32 { return int32(c.course.Uint64()) })
		return Condition{Kind: Completed, Codes: list, Need: 1 + int(c.skewed(len(list)))}
	}
	return Condition{Kind: MemberOf, Codes: c.some(2, func() int32 { return int32(c.manual.Uint64()) })}
}

// some draws one to most different numbers, ascending.
func (c *composer) some(most int, number func() int32) []int32 {
	list := make([]int32, 1+c.skewed(most))
	for i := range list {
		list[i] = number()
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (c *composer) mask() int32 {
	mask := int32(0)
	for range 1 + c.r.IntN(2) {
		mask |= 1 << c.skewed(skills)
	}
	return mask
}

// date asks for a day in the last so many, since one, until one or between two.
func (c *composer) date(f Field) Condition {
	out := Condition{Kind: Between, Field: f, To: Most}
	unit, days := int32(1), c.skewed(3000)+1
	if f == Seen {
		unit, days = Minutes, c.skewed(300)+1
	}
	switch out.From = (Today - days + 1) * unit; c.r.IntN(4) {
	case 0:
		out.From, out.To = 0, out.From-unit*days
	case 1:
		out.To = out.From + 60*unit
	case 2:
	default:
		out.Days, out.To = int(days), (Today+1)*unit-1
	}
	return out
}

func (c *composer) pay() Condition {
	amount := 20_000 + 250*c.skewed(500)
	switch c.r.IntN(3) {
	case 0:
		return Condition{Kind: Between, Field: Pay, From: amount, To: Most}
	case 1:
		return Condition{Kind: Between, Field: Pay, From: 0, To: amount/2 + 10_000}
	}
	return Condition{Kind: Between, Field: Pay, From: amount, To: amount + 10_000}
}
