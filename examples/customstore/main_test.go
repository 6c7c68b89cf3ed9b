package main

import (
	"testing"

	"github.com/grouprules/groups/storetest"
)

func TestTheStoreKeepsItsContract(t *testing.T) {
	tenants := map[string]*store{}
	storetest.Run(t, func(_ *testing.T, tenant string) storetest.Tenant {
		if tenants[tenant] == nil {
			tenants[tenant] = open()
		}
		return storetest.Tenant{Store: tenants[tenant]}
	}, nil)
}

func Example_main() {
	main()
	// Output:
	// 1 ada joined staff
	// 2 cleo joined staff
	// act / 00000000000000000001
	// change / 00000000000000000001
	// change / 00000000000000000002
	// group / staff
	// last / act
	// last / change
	// note / version / staff / 00000000000000000001
	// of / ada / staff
	// of / cleo / staff
	// standing / staff / ada
	// standing / staff / cleo
}
