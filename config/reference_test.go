package config

import (
	"bytes"
	"strings"
	"testing"
)

func TestReferenceHasNotDrifted(t *testing.T) {
	var b bytes.Buffer
	if err := Reference(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "](#)") {
		t.Error("a key's block has no chapter, so its link leads nowhere")
	}
	golden(t, "../docs/configuration.md", b.String())
}

// The examples are fragments: each loads once the blocks that it leaves out
// are added.
func TestExamplesOfTheReferenceLoad(t *testing.T) {
	blocks := map[string]string{
		"session":   "session: {keys: \"${GATEHOUSE_KEY}\"}\n",
		"providers": "providers: [{name: ping, type: oidc, issuer: https://idp.example.com, client_id: a}]\n",
		"routes":    app,
	}
	for _, c := range referenceChapters {
		text := c.example
		for _, name := range sortedKeys(blocks) {
			if !strings.HasPrefix(text, name+":") && !strings.Contains(text, "\n"+name+":") {
				text += blocks[name]
			}
		}
		o := LoadOptions{Getenv: variables, ReadFile: readTestFile, ReadDir: readTestDir, PlaceholderSecrets: true}
		if _, err := o.Parse(c.title, []byte(text)); err != nil {
			t.Errorf("the example of %s does not load: %v", c.title, err)
		}
	}
}
