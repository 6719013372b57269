package sigv4

import (
	"strings"
	"time"
)

// skew is how far a signature's time may be from ours.
const skew = 5 * time.Minute

// CheckScope holds a claim against the clock and against where it arrived. regions are those accepted; service is the
// signing name, empty if any will do.
func (c *Claim) CheckScope(now time.Time, service string, regions ...string) error {
	if err := c.checkTime(now.UTC()); err != nil {
		return err
	}
	var problems []string
	if !contains(regions, c.Region) {
		problems = append(problems, "Credential should be scoped to a valid Region, not '"+clean(c.Region)+"'.")
	}
	if service != "" && c.Service != service {
		problems = append(problems, "Credential should be scoped to correct service: '"+service+"'.")
	}
	if c.End != terminator {
		problems = append(problems, "Credential should be scoped with a valid terminator: '"+terminator+"', not '"+clean(c.End)+"'.")
	}
	if day := c.Time.Format("20060102"); c.Date != day {
		problems = append(problems, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '"+
			clean(c.Date)+"' != '"+day+"', from '"+c.Time.Format(basicFormat)+"'.")
	}
	if len(problems) > 0 {
		return invalid("%s", strings.Join(problems, " "))
	}
	return nil
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func (c *Claim) checkTime(now time.Time) error {
	stamp := func(t time.Time) string { return t.Format(basicFormat) }
	if latest := now.Add(skew); c.Time.After(latest) {
		return invalid("Signature not yet current: %s is still later than %s (%s + 5 min.)", stamp(c.Time), stamp(latest), stamp(now))
	}
	if c.Presigned {
		if end := c.Time.Add(c.Expires); now.After(end) {
			return invalid("Signature expired: %s is now earlier than %s (%s - %d sec.)",
				stamp(c.Time), stamp(now.Add(-c.Expires)), stamp(now), int(c.Expires.Seconds()))
		}
		return nil
	}
	if earliest := now.Add(-skew); c.Time.Before(earliest) {
		return invalid("Signature expired: %s is now earlier than %s (%s - 5 min.)", stamp(c.Time), stamp(earliest), stamp(now))
	}
	return nil
}
