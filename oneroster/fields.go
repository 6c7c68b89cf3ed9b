package oneroster

import (
	"maps"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// fields are the columns that become further fields, sorted.
func (o *Options) fields() []string { return slices.Sorted(maps.Keys(o.Fields)) }

func (o *Options) readsDemographics() bool {
	return slices.ContainsFunc(o.fields(), func(from string) bool { return strings.HasPrefix(from, demographics+".") })
}

// trees are all trees, sorted.
func (o *Options) trees() []groups.Tree {
	list := append(slices.Collect(maps.Values(o.Trees)), o.Tree)
	slices.Sort(list)
	return slices.Compact(list)
}

// treeOf is the tree of a type of orgs.
func (o *Options) treeOf(kind string) groups.Tree {
	for listed, tree := range o.Trees {
		if strings.EqualFold(listed, kind) {
			return tree
		}
	}
	return o.Tree
}

// vocabulary are the roles of the standard, of users in an org and in a class. Programs differ in their case.
var vocabulary = [...]string{
	"administrator", "aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor",
	"relative", "siteAdministrator", "student", "systemAdministrator", "teacher",
}

// roleNamed is a role as the standard writes it, or as it is where the standard has none such.
func roleNamed(cell string) string {
	for _, role := range vocabulary {
		if strings.EqualFold(role, cell) {
			return role
		}
	}
	return cell
}
