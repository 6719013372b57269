package span

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

const (
	headersVariable  = "OTEL_EXPORTER_OTLP_HEADERS"
	ofTracesVariable = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
	samplerVariable  = "OTEL_TRACES_SAMPLER_ARG"
	resourceVariable = "OTEL_RESOURCE_ATTRIBUTES"
)

// otlp are the beginnings of the variables that tell how traces are sent: of traces alone, and of everything.
var otlp = []string{"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"}

// checkHeaders looks at headers before the library does, which writes those that it cannot read to the standard error, and they are
// mostly secrets.
func checkHeaders() error {
	for _, variable := range []string{ofTracesVariable, headersVariable} {
		for n, header := range strings.Split(os.Getenv(variable), ",") {
			if header == "" {
				continue
			}
			name, value, found := strings.Cut(header, "=")
			_, err := url.PathUnescape(value)
			if !found || err != nil || !httpguts.ValidHeaderFieldName(strings.TrimSpace(name)) {
				return fmt.Errorf("%s: header %d cannot be read: want NAME=VALUE with the value percent-encoded, and commas between headers", variable, n+1) // which may be a secret: it is not told
			}
		}
	}
	return nil
}

// checkVariables looks at what the library takes for not set where it cannot read it: another authority would be trusted then, or everything
// be sampled.
func checkVariables() error {
	for _, begin := range otlp {
		if err := checkFiles(begin); err != nil {
			return err
		}
		if err := checkChoice(begin+"COMPRESSION", "gzip", "none"); err != nil {
			return err
		}
		if err := checkWhole(begin + "TIMEOUT"); err != nil {
			return err
		}
	}
	for _, name := range []string{"SCHEDULE_DELAY", "EXPORT_TIMEOUT", "MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE"} {
		if err := checkWhole("OTEL_BSP_" + name); err != nil {
			return err
		}
	}
	if err := checkSampler(); err != nil {
		return err
	}
	return checkResource()
}

func checkSampler() error {
	if err := checkChoice("OTEL_TRACES_SAMPLER", "always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"); err != nil {
		return err
	}
	text := strings.TrimSpace(os.Getenv(samplerVariable))
	if ratio, err := strconv.ParseFloat(text, 64); text != "" && (err != nil || ratio != min(max(ratio, 0), 1)) {
		return fmt.Errorf("%s is %q: want a number from 0 to 1", samplerVariable, text)
	}
	return nil
}

func checkResource() error {
	text := strings.TrimSpace(os.Getenv(resourceVariable))
	if text == "" {
		return nil
	}
	for pair := range strings.SplitSeq(text, ",") {
		if !strings.Contains(pair, "=") {
			return fmt.Errorf("%s: %q is no NAME=VALUE; want those, with commas between them", resourceVariable, pair)
		}
	}
	return nil
}

// checkFiles looks at the files of certificates.
func checkFiles(begin string) error {
	if name := os.Getenv(begin + "CERTIFICATE"); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("%sCERTIFICATE: %w", begin, err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(text) {
			return fmt.Errorf("%sCERTIFICATE: there is no certificate in %s; want a PEM file of an authority", begin, name)
		}
	}
	own, key := os.Getenv(begin+"CLIENT_CERTIFICATE"), os.Getenv(begin+"CLIENT_KEY")
	if own == "" && key == "" {
		return nil
	}
	if own == "" || key == "" {
		return fmt.Errorf("%[1]sCLIENT_CERTIFICATE and %[1]sCLIENT_KEY go together", begin)
	}
	if _, err := tls.LoadX509KeyPair(own, key); err != nil {
		return fmt.Errorf("%[1]sCLIENT_CERTIFICATE and %[1]sCLIENT_KEY: %[2]w", begin, err)
	}
	return nil
}

func checkWhole(variable string) error {
	text := strings.TrimSpace(os.Getenv(variable))
	if n, err := strconv.Atoi(text); text != "" && (err != nil || n < 0) {
		return fmt.Errorf("%s is %q: want a whole number, in milliseconds where it is a time", variable, text)
	}
	return nil
}

func checkChoice(variable string, words ...string) error {
	text := strings.TrimSpace(os.Getenv(variable))
	if text != "" && !slices.Contains(words, strings.ToLower(text)) {
		return fmt.Errorf("%s is %q: want one of %s", variable, text, strings.Join(words, ", "))
	}
	return nil
}
