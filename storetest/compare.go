package storetest

import (
	"cmp"
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
	at, what := differ(reflect.ValueOf(got), reflect.ValueOf(want))
	if what == "" {
		return ""
	}
	return cmp.Or(at, "it") + " " + what
}

// differ says what differs, and where: the path is put together on the way back, as mostly nothing does.
func differ(got, want reflect.Value) (at, what string) {
	if got.IsValid() != want.IsValid() || got.IsValid() && got.Type() != want.Type() {
		return "", fmt.Sprintf("is %v, want %v", got, want)
	}
	if !got.IsValid() {
		return "", ""
	}
	if same, ok := equal(got, want); ok {
		if !same {
			return "", fmt.Sprintf("is %v, want %v", got, want)
		}
		return "", ""
	}
	switch got.Kind() {
	case reflect.Struct:
		for i := range got.NumField() {
			if at, what := differ(got.Field(i), want.Field(i)); what != "" {
				return "." + got.Type().Field(i).Name + at, what
			}
		}
		return "", ""
	case reflect.Slice:
		for i := range min(got.Len(), want.Len()) {
			if at, what := differ(got.Index(i), want.Index(i)); what != "" {
				return fmt.Sprintf("[%d]%s", i, at), what
			}
		}
	case reflect.Map:
		for _, key := range want.MapKeys() {
			if at, what := differ(got.MapIndex(key), want.MapIndex(key)); what != "" {
				return fmt.Sprintf("[%v]%s", key, at), what
			}
		}
	case reflect.Pointer, reflect.Interface:
		if got.IsNil() || want.IsNil() {
			if got.IsNil() != want.IsNil() {
				return "", fmt.Sprintf("is nil: %v, want %v", got.IsNil(), want.IsNil())
			}
			return "", ""
		}
		return differ(got.Elem(), want.Elem())
	default:
		if !got.Equal(want) {
			return "", fmt.Sprintf("is %#v, want %#v", got, want)
		}
		return "", ""
	}
	if got.Len() != want.Len() {
		return "", fmt.Sprintf("has %d entries, want %d", got.Len(), want.Len())
	}
	return "", ""
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
