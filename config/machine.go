package config

// ServiceToken is one item of `service_tokens`.
type ServiceToken struct {
	Name string `yaml:"name" doc:"Required. Name in policies, logs and headers."`
}

// BearerIssuer is one item of `bearer`: whose tokens API clients may send.
type BearerIssuer struct {
	Name string `yaml:"name" doc:"Required. Name in policies and in routes' bearer."`
	As   string `yaml:"as" default:"machine" enum:"machine,user" doc:"Whether rules see a token's bearer as a machine or as a person."`
}
