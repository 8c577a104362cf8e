package telemetry

import (
	"net/http/httptest"
	"testing"
	"time"
)

func TestRecordBeginsWithWhatWasAskedButNotTheQuery(t *testing.T) {
	var rec Record
	rec.Begin(httptest.NewRequest("PUT", "http://wiki.example.com/a%2Fb%0A/c?code=secret", nil), noon)
	if rec.Method != "PUT" || rec.Host != "wiki.example.com" || rec.Path != "/a%2Fb%0A/c" || rec.Started != noon {
		t.Errorf("%+v", rec)
	}
	if len(rec.RequestID) != 26 {
		t.Errorf("RequestID = %q", rec.RequestID)
	}
	rec.Finish(noon.Add(time.Second))
	if rec.Duration != time.Second || rec.Status != 200 {
		t.Errorf("Duration = %v, Status = %d", rec.Duration, rec.Status)
	}
}

func TestFinishKeepsAStatusThatWasSet(t *testing.T) {
	rec := Record{Status: 499, Started: noon}
	rec.Finish(noon)
	if rec.Status != 499 {
		t.Errorf("Status = %d", rec.Status)
	}
}
