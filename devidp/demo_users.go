package devidp

import "fmt"

// DemoUsers are six people who between them show what a policy decides and what
// an application must be ready for. Groups that a demonstration's policies can
// go by: staff, administrators, contractors.
func DemoUsers() []User {
	return []User{
		{
			Subject:  "0c7a5f0e-3d1b-4a86-b1d8-6a3f5e9b2c11",
			Username: "ana.kovacs", GivenName: "Ana", FamilyName: "Kovacs",
			Email:  "ana.kovacs@example.com",
			Groups: []string{"staff", "engineering"},
			Note:   "Staff. May open everything but the administrators' pages.",
		},
		{
			Subject:  "5b2e91d4-7c60-4f3a-8d15-90e4b7a1c622",
			Username: "ben.osei", GivenName: "Ben", FamilyName: "Osei",
			Email:  "ben.osei@example.com",
			Groups: []string{"staff", "administrators"},
			Note:   "Administrator. May open everything.",
		},
		{
			Subject:  "9f4d3c28-1e57-4b09-a6c3-2d7f8b0e5a33",
			Username: "cleo.marsh", GivenName: "Cleo", FamilyName: "Marsh",
			Email:  "cleo@marsh-consulting.example",
			Groups: []string{"contractors"},
			Note:   "Contractor. Signs in, and is turned away by policy.",
		},
		{
			Subject:  "d36b0a71-5f82-4e9c-9b40-c18e6f2d7b44",
			Username: "dev.rao", GivenName: "Dev", FamilyName: "Rao",
			Groups: []string{"staff"},
			Note:   "Staff without an e-mail address: the header stays away.",
		},
		{
			Subject:  "e81c7f95-0b3d-4d62-8f7a-4a95d0c3e855",
			Username: "elif.demir", GivenName: "Elif", FamilyName: "Demir",
			Email:  "elif.demir@example.com",
			Groups: manyGroups(200),
			Note:   "Staff in 200 groups: the session needs several cookies.",
		},
		{
			Subject:  "f2a96d0b-84c1-47e5-b02f-7d6e31b9a466",
			Username: "zoë.o’neill", GivenName: "Zoë", FamilyName: "O’Neill, Ph.D.",
			Email:  "zoe.oneill@example.com",
			Groups: []string{"staff", "R&D, Berlin", "50% time"},
			Note:   "Staff with accents and a comma in a group: see how headers carry them.",
		},
	}
}

// manyGroups is staff and n-1 projects.
func manyGroups(n int) []string {
	groups := []string{"staff"}
	for i := 1; i < n; i++ {
		groups = append(groups, fmt.Sprintf("project-%03d", i))
	}
	return groups
}
