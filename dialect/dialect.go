// Package dialect says what the operators of other products are called here, and ours there.
//
// A [Product] is what one product's help pages say of the conditions of its groups, as a table: each [Row] has an
// operator as the product calls it, the operator of package groups that means the same, and what the page leaves
// open with what was chosen instead. Nothing is guessed: where a page does not say, the row says so, and is not
// exact. It is data for whoever moves rules from there to here, and for people who know one of them; the README
// beside this file is written from it.
//
// The package knows the names that criteria have as JSON, and nothing of package groups itself: no schema, no
// people and no rules.
package dialect

import (
	"fmt"
	"slices"
)

// A Product is what is known of the conditions of another product.
type Product struct {
	Name string `json:"name"`
	// Pages are the help pages that this was read from.
	Pages []string `json:"pages"`
	// Combines says how conditions combine there, and how the same is said here.
	Combines string `json:"combines"`
	// General is what the pages leave open about all conditions.
	General []Gap `json:"general"`
	Rows    []Row `json:"rows"`
	// Unmapped is what can be asked there, or might be, and has no row, with the reason.
	Unmapped []Gap `json:"unmapped"`
	// Without are the operators of ours that have no counterpart there.
	Without []Missing `json:"without"`
}

// A Gap is what a page leaves open, or has otherwise, and what was chosen here.
type Gap struct {
	Open  string `json:"open"`
	Chose string `json:"chose"`
}

// A Row is one operator of a product.
type Row struct {
	// Of is what the operator is asked of, and Operator is its name, both as the page has them; where it only
	// describes an operator, so does the row.
	Of       string `json:"of"`
	Operator string `json:"operator"`
	Ours     Op     `json:"ours"`
	// Exact says that both mean the same for everybody whose value is known, as far as the page says.
	Exact bool `json:"exact"`
	// Only is what theirs is limited to and ours is not; blank is nothing.
	Only string `json:"only,omitempty"`
	// Gap is what the page leaves open of this operator, beside [Product.General].
	Gap
}

// An Op is an operator as criteria have it in JSON.
type Op struct {
	Kind string `json:"kind"`           // "field", "unit", "user", "enrollment", "group", "status" or "everyone"
	Type string `json:"type,omitempty"` // of a field: "text", "multiChoice" ...
	Op   string `json:"op"`             // "isNot"
	// Quantifier is that of an enrollment condition, "any".
	Quantifier string `json:"quantifier,omitempty"`
}

// Missing are operators of ours that a product has nothing for.
type Missing struct {
	Kind string `json:"kind"`
	Type string `json:"type,omitempty"`
	// Ops are the operators; none is every operator of the kind and type.
	Ops []string `json:"ops,omitempty"`
	Why string   `json:"why"`
}

// String returns the operator with what it is asked of, such as "field of type number: notLess".
func (o Op) String() string {
	of := o.Kind
	if o.Type != "" {
		of += " of type " + o.Type
	}
	if o.Quantifier != "" {
		of += ", " + o.Quantifier
	}
	if o.Op == "" {
		return of
	}
	return of + ": " + o.Op
}

// String returns the row on one line.
func (r Row) String() string {
	exactly := "is about"
	if r.Exact {
		exactly = "is"
	}
	return fmt.Sprintf("%s, %q %s %v", r.Of, r.Operator, exactly, r.Ours)
}

// Products returns the products that there are tables of, in the order of their names. They are the caller's.
func Products() []Product { return []Product{cornerstone(), docebo()} }

// Named returns the product of that name.
func Named(product string) (p Product, ok bool) {
	for _, p := range Products() {
		if p.Name == product {
			return p, true
		}
	}
	return p, false
}

// Find returns the row of an operator as the product calls it.
func (p Product) Find(of, operator string) (r Row, ok bool) {
	i := slices.IndexFunc(p.Rows, func(r Row) bool { return r.Of == of && r.Operator == operator })
	if i < 0 {
		return r, false
	}
	return p.Rows[i], true
}

// For returns the rows of the operators that an operator of ours can become, of which each will do where the field is
// of the kind that the row is about; none is no counterpart.
func (p Product) For(ours Op) (rows []Row) {
	for _, r := range p.Rows {
		if r.Ours == ours {
			rows = append(rows, r)
		}
	}
	return rows
}

// rows are the operators of one thing that are exact, in pairs of their name and ours.
func rows(of, kind, typ, only string, left Gap, pairs ...string) (list []Row) {
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, Row{Of: of, Operator: pair[0], Ours: Op{Kind: kind, Type: typ, Op: pair[1]}, Exact: true, Only: only, Gap: left})
	}
	return list
}

// inexact are rows that the page does not say enough about.
func inexact(list []Row) []Row {
	for i := range list {
		list[i].Exact = false
	}
	return list
}

// unsaid is said of everything a page is silent about.
const unsaid = "the page does not say "
