//go:build noduckdb || !cgo

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/grouprules/groups/bench/workload"
)

func duckDB() []contender {
	return []contender{{"duckdb", byGroups, func(context.Context, *workload.World) (Peer, error) {
		return nil, fmt.Errorf("%w: built without DuckDB", errors.ErrUnsupported)
	}}}
}

func duckDBImport() []importer {
	return []importer{{"duckdb", "typed, diff", func(context.Context, string) (importing, error) {
		return importing{}, fmt.Errorf("%w: built without DuckDB", errors.ErrUnsupported)
	}}}
}
