package expression

import (
	"github.com/grouprules/groups"
)

// maxDepth is how deep an expression may nest: deeper than people write, and never so deep that reading it is a danger.
const maxDepth = 100

// A node is an expression: a condition, or what joins several. Entra binds -not closest, then -and, then -or.
type node struct {
	join     join
	kids     []*node
	cond     groups.Condition
	parens   int // pairs of parentheses around it
	position place
	open     place // of the operator, where nobody says what holds of people with no value
}

type join uint8

const (
	leaf join = iota
	not
	and
	or // of a single one: the author marked it as any, where all would say the same
)

// A comparison is a condition as it stands in the text: what is asked, an operator, and what it is asked for.
type comparison struct {
	subject  token // user, unit, courses, group, status, everyone or _
	name     token // department of user.department, or blank
	many     token // any, all or atLeast of courses
	k        token
	courses  []token
	op       token
	list     bool    // the operands are in brackets
	operands []token // dates relative to now are now, plus or minus, and the span
	inner    *comparison
	within   bool // it is one of the items of a collection
	options  []option
}

// An option is what follows the operands: -depth 2, -orBelow, -whenEmpty match.
type option struct{ name, value token }

// A parser makes a tree of tokens. A condition that it cannot read is skipped, so that the next one is read.
type parser struct {
	*reader
	tokens  []token
	depth   int
	tooDeep bool
}

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != end {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes a mark if it is there.
func (p *parser) accept(m string) bool {
	if p.peek().is(m) {
		p.next()
		return true
	}
	return false
}

// whole reads an expression to the end of the text.
func (p *parser) whole() *node {
	first := p.peek()
	var n *node
	switch {
	case first.kind == end:
		p.problem(first.place, "syntax", "there is nothing here; nobody is said with nobody")
		return nil
	case first.kind == word && first.says("nobody"):
		p.next()
		n = &node{join: and, position: first.place}
	case first.kind == word && first.says("direct"):
		n = p.directReports()
	default:
		n = p.expression()
	}
	if t := p.peek(); t.kind != end && len(p.problems) == 0 {
		p.problem(t.place, "syntax", "%s where the expression is over", t.shown())
	}
	return n
}

// directReports reads Direct Reports for "id", which is a whole rule in Entra and nothing else.
func (p *parser) directReports() *node {
	first := p.next()
	if !p.next().says("reports") || !p.next().says("for") || p.peek().kind != quoted {
		p.problem(first.place, "syntax", `the rule reads Direct Reports for "the ID of the manager"`)
		return nil
	}
	manager := p.next()
	p.note(manager.place, "directReports", "the manager is found by the ID that users have here")
	return p.made(groups.UserBelow(groups.UserID(manager.text)).ToDepth(1), &comparison{subject: first, op: manager})
}

func (p *parser) expression() *node {
	return p.chain(or, "or", func() *node { return p.chain(and, "and", p.unary) })
}

// chain reads one or more operands with the same word between them.
func (p *parser) chain(j join, word string, operand func() *node) *node {
	first := operand()
	n := &node{join: j, kids: []*node{first}, position: first.position}
	for p.peek().says(word) {
		p.next()
		n.kids = append(n.kids, operand())
	}
	if len(n.kids) == 1 {
		return first
	}
	return n
}

func (p *parser) unary() *node {
	t := p.peek()
	if p.depth++; p.depth > maxDepth {
		p.problem(t.place, "limit", "nested deeper than %d", maxDepth)
		p.tooDeep, p.tokens = true, p.tokens[len(p.tokens)-1:]
		return &node{position: t.place}
	}
	defer func() { p.depth-- }()
	switch {
	case t.is("("):
		p.next()
		n := p.expression()
		n.parens++
		switch stop := p.peek(); {
		case p.accept(")") || p.tooDeep:
		case stop.kind == end:
			p.problem(t.place, "syntax", "the parenthesis that begins here does not end")
		default:
			p.problem(stop.place, "syntax", "-and, -or or ) must stand here, not %s", stop.shown())
			p.skip(0)
			p.accept(")")
		}
		return n
	case t.says("not"):
		p.next()
		return &node{join: not, kids: []*node{p.unary()}, position: t.place}
	case t.kind == hyphen && t.says("any"):
		p.next()
		if !p.peek().is("(") {
			p.problem(t.place, "syntax", "behind -any, which marks a single alternative, stand parentheses")
		}
		return &node{join: or, kids: []*node{p.unary()}, position: t.place}
	}
	c := new(comparison)
	if !p.comparison(c) {
		p.skip(0)
		return &node{position: t.place}
	}
	if n := p.condition(c); n != nil {
		return n
	}
	return &node{position: t.place}
}

// skip goes to where the next condition can begin, from within so many parentheses that are open.
func (p *parser) skip(open int) {
	for ; p.peek().kind != end; p.next() {
		switch t := p.peek(); {
		case t.is("("):
			open++
		case open > 0 && t.is(")"):
			open--
		case open == 0 && (t.is(")") || t.says("and", "or")):
			return
		}
	}
}

// comparison reads a condition. What the words mean, and whether they go together, is not looked at.
func (p *parser) comparison(c *comparison) bool {
	if c.subject = p.next(); c.subject.kind != word {
		p.problem(c.subject.place, "syntax", "a condition must stand here, not %s", c.subject.shown())
		return false
	}
	if c.subject.says("everyone") {
		return true
	}
	if c.subject.says("nobody") {
		p.problem(c.subject.place, "syntax", "nobody stands alone")
		return false
	}
	switch {
	case p.accept("."):
		if c.name = p.next(); c.name.kind != word {
			p.problem(c.name.place, "syntax", "a name must stand here, not %s", c.name.shown())
			return false
		}
	case p.peek().is("[") && c.subject.says("user", "unit"):
		p.next()
		if c.name = p.next(); c.name.kind != quoted || !p.accept("]") {
			p.problem(c.name.place, "syntax", `a name in brackets reads ["name"]`)
			return false
		}
	}
	if c.subject.says("courses") && !p.courses(c) {
		return false
	}
	if c.op = p.next(); c.op.kind != word && c.op.kind != hyphen {
		p.problem(c.op.place, "syntax", "an operator such as -eq must stand here, not %s", c.op.shown())
		return false
	}
	return p.values(c) && p.optional(c)
}

// courses reads -any, -all or -atLeast 2 and the list behind it.
func (p *parser) courses(c *comparison) bool {
	if c.many = p.next(); !c.many.says("any", "all", "atLeast") {
		p.problem(c.many.place, "syntax", "behind courses stands -any, -all or -atLeast 2, not %s", c.many.shown())
		return false
	}
	if c.many.says("atLeast") {
		if c.k = p.next(); c.k.kind != numeric {
			p.problem(c.k.place, "syntax", "how many must stand here, not %s", c.k.shown())
			return false
		}
	}
	ok := false
	c.courses, ok = p.brackets()
	return ok
}

// brackets reads a list of values.
func (p *parser) brackets() (list []token, ok bool) {
	if t := p.peek(); !p.accept("[") {
		p.problem(t.place, "syntax", "a list such as [\"a\", \"b\"] must stand here, not %s", t.shown())
		return nil, false
	}
	if t := p.peek(); t.is("]") {
		p.problem(t.place, "operand", "the list is empty")
		return nil, false
	}
	for {
		t := p.next()
		if t.kind != quoted && t.kind != numeric && t.kind != day && !t.says("true", "false", "null") {
			p.problem(t.place, "syntax", "a value must stand here, not %s", t.shown())
			return nil, false
		}
		list = append(list, t)
		switch t := p.next(); {
		case t.is("]"):
			return list, true
		case !t.is(","):
			p.problem(t.place, "syntax", "a comma or ] must stand here, not %s", t.shown())
			return nil, false
		}
	}
}

// values reads what stands behind an operator: a value, a list, an expression in parentheses, or nothing.
func (p *parser) values(c *comparison) (ok bool) {
	switch t := p.peek(); {
	case t.is("["):
		c.list = true
		c.operands, ok = p.brackets()
		return ok
	case t.is("("):
		p.next()
		if c.within {
			p.problem(t.place, "unsupported", "the items of a collection have none of their own")
			p.skip(1)
			return false
		}
		c.inner = &comparison{within: true}
		if !p.comparison(c.inner) {
			p.skip(1)
			return false
		}
		if t := p.peek(); !p.accept(")") {
			if t.says("and", "or") {
				p.problem(t.place, "unsupported", "only one comparison can be asked of the items of a collection")
			} else {
				p.problem(t.place, "syntax", "the parenthesis must end here, not %s", t.shown())
			}
			p.skip(1)
			return false
		}
	case t.kind == word && t.says("system"):
		return p.now(c)
	case t.kind == quoted || t.kind == numeric || t.kind == day || t.kind == word && !t.says("and", "or"):
		c.operands = []token{p.next()}
	}
	return true
}

// now reads system.now, and -plus or -minus a span.
func (p *parser) now(c *comparison) bool {
	c.operands = []token{p.next()}
	if !p.accept(".") || !p.next().says("now") {
		p.problem(c.operands[0].place, "syntax", "only system.now can be asked of the system")
		return false
	}
	if p.peek().says("plus", "minus") {
		c.operands = append(c.operands, p.next(), p.next())
	}
	return true
}

// optional reads -depth 2, -orBelow and -whenEmpty match.
func (p *parser) optional(c *comparison) bool {
	for p.peek().says("depth", "orBelow", "whenEmpty") {
		o := option{name: p.next()}
		switch {
		case o.name.says("depth"):
			if o.value = p.next(); o.value.kind != numeric {
				p.problem(o.value.place, "syntax", "a number of levels must stand here, not %s", o.value.shown())
				return false
			}
		case o.name.says("whenEmpty"):
			if o.value = p.next(); !o.value.says("match", "noMatch") {
				p.problem(o.value.place, "syntax", "match or noMatch must stand here, not %s", o.value.shown())
				return false
			}
		}
		c.options = append(c.options, o)
	}
	return true
}
