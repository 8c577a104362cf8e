package e2e

import (
	"bytes"
	"image/png"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	picture        = "../docs/images/demo.png"
	maxPictureSize = 200 << 10
)

// TestPictureForTheReadme takes it with -update: what the app behind the
// gateway is told about somebody. Otherwise it looks whether it is there.
func TestPictureForTheReadme(t *testing.T) {
	if *update {
		base, _ := startDemo(t)
		b := newTab(t)
		result(b, chromedp.EmulateViewport(1100, 960))
		b.visit(base + "/staff/")
		b.signIn("ana.kovacs")
		if err := os.WriteFile(picture, result(b, chromedp.CaptureScreenshot()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err, "(go test -run Picture -update makes it)")
	}
	if size, err := png.DecodeConfig(bytes.NewReader(data)); err != nil || size.Width < 800 || len(data) > maxPictureSize {
		t.Errorf("%s: %d bytes, %+v, %v", picture, len(data), size, err)
	}
}
