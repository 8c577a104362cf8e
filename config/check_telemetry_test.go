package config

import "testing"

func TestTelemetryMistakesAreNamedAndTheirTwinsLoad(t *testing.T) {
	refuses(t, around, []promise{
		{`telemetry: {otlp_endpoint: "htpp://otel:4318"}`,
			`9:28: telemetry.otlp_endpoint: unknown scheme "htpp"; did you mean "http"?; write http://, https://, grpc:// or grpcs://`},
		{`telemetry: {otlp_endpoint: "grpc://otel:4317/v1/traces"}`,
			`9:28: telemetry.otlp_endpoint: must be without a path; gRPC has none`},
		{`telemetry: {otlp_endpoint: "https://otel:4318/?token=x"}`,
			`9:28: telemetry.otlp_endpoint: must be without user name, query and fragment`},
	})
	for _, good := range []string{"http://otel:4318", "https://otel:4318/v1/traces", "grpc://otel:4317", "grpcs://otel"} {
		mustParse(t, smallest+"telemetry: {otlp_endpoint: \""+good+"\", sample: 1}\n")
	}
}
