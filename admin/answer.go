package admin

import (
	"encoding/json"
	"net/http"
)

// JSON answers v, indented: it is read by people with curl too.
func JSON(w http.ResponseWriter, status int, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"internal"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // a client that is gone needs no answer
}

// indented is v as people read JSON, "" for nil.
func indented(v any) string {
	if v == nil {
		return ""
	}
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// Fail answers an error code and a sentence that says what to do next.
func Fail(w http.ResponseWriter, _ *http.Request, status int, code, text string) {
	JSON(w, status, struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}{code, text})
}
