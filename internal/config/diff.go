package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Diff lists the keys whose values differ, by their paths, in the order of the
// struct: saas.base_url, lanes[0].display.language. Lists of another length differ
// as a whole. No value is told: one may hold what is nobody's business.
func Diff(a, b *Config) []string {
	var paths []string
	diff(reflect.ValueOf(*a), reflect.ValueOf(*b), "", &paths)
	return paths
}

func diff(a, b reflect.Value, path string, paths *[]string) {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			f := a.Type().Field(i)
			if f.IsExported() {
				name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
				diff(a.Field(i), b.Field(i), strings.TrimPrefix(path+"."+name, "."), paths)
			}
		}
		return
	case reflect.Pointer:
		if !a.IsNil() && !b.IsNil() {
			diff(a.Elem(), b.Elem(), path, paths)
			return
		}
	case reflect.Slice:
		if a.Len() == b.Len() {
			for i := range a.Len() {
				diff(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i), paths)
			}
			return
		}
	}
	if !reflect.DeepEqual(a.Interface(), b.Interface()) {
		*paths = append(*paths, path)
	}
}
