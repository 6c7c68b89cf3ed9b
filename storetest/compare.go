package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// difference says where two values differ, or returns "". Instants are compared as instants, types
// with a method Equal by it, and a list or map without entries is the same whether it is nil or not:
// no store can tell, and none should have to.
func difference(got, want any) string {
	return differ("", reflect.ValueOf(got), reflect.ValueOf(want))
}

func differ(path string, got, want reflect.Value) string {
	at := func() string {
		if path == "" {
			return "it"
		}
		return path
	}
	if got.IsValid() != want.IsValid() || got.IsValid() && got.Type() != want.Type() {
		return fmt.Sprintf("%s is %v, want %v", at(), got, want)
	}
	if !got.IsValid() {
		return ""
	}
	if same, ok := equal(got, want); ok {
		if !same {
			return fmt.Sprintf("%s is %v, want %v", at(), got, want)
		}
		return ""
	}
	switch got.Kind() {
	case reflect.Struct:
		for i := range got.NumField() {
			if d := differ(path+"."+got.Type().Field(i).Name, got.Field(i), want.Field(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Slice:
		for i := range min(got.Len(), want.Len()) {
			if d := differ(fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i)); d != "" {
				return d
			}
		}
		if got.Len() != want.Len() {
			return fmt.Sprintf("%s has %d entries, want %d", at(), got.Len(), want.Len())
		}
		return ""
	case reflect.Map:
		for _, key := range want.MapKeys() {
			if d := differ(fmt.Sprintf("%s[%v]", path, key), got.MapIndex(key), want.MapIndex(key)); d != "" {
				return d
			}
		}
		if got.Len() != want.Len() {
			return fmt.Sprintf("%s has %d entries, want %d", at(), got.Len(), want.Len())
		}
		return ""
	case reflect.Pointer, reflect.Interface:
		if got.IsNil() || want.IsNil() {
			if got.IsNil() != want.IsNil() {
				return fmt.Sprintf("%s is nil: %v, want %v", at(), got.IsNil(), want.IsNil())
			}
			return ""
		}
		return differ(path, got.Elem(), want.Elem())
	}
	if !got.Equal(want) {
		return fmt.Sprintf("%s is %#v, want %#v", at(), got, want)
	}
	return ""
}

// equal asks a method Equal, where there is one that may be asked.
func equal(got, want reflect.Value) (same, ok bool) {
	if !got.CanInterface() {
		return false, false
	}
	switch g := got.Interface().(type) {
	case time.Time:
		return g.Equal(want.Interface().(time.Time)), true
	case groups.Value:
		return g.Equal(want.Interface().(groups.Value)), true
	case groups.Enrollments:
		return g.Equal(want.Interface().(groups.Enrollments)), true
	}
	return false, false
}

// userDifference is difference for users, whose units may come in any order.
func userDifference(got, want groups.User) string {
	return difference(unitsSorted(got), unitsSorted(want))
}

func unitsSorted(u groups.User) groups.User {
	units := make(map[groups.Tree][]string, len(u.Units))
	for tree, ids := range u.Units {
		units[tree] = slices.Sorted(slices.Values(ids))
	}
	u.Units = units
	return u
}
