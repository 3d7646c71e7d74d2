package main

import (
	"fmt"
	"strings"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/printable"
	"edgegen/internal/tones"
)

// writeCertificates writes a row for each certificate that the status names.
func writeCertificates(out *strings.Builder, all []api.CertificateStatus, now time.Time, color bool, width int) {
	if len(all) == 0 {
		return
	}
	rows := newTable("SITE", "CERTIFICATE", "ISSUER", "ENDS", "RENEWAL")
	for _, c := range all {
		tone := tones.Green
		switch {
		case !now.Before(c.NotAfter):
			tone = tones.Alarm
		case c.Problem != "" || c.Waiting || c.Source != "acme":
			tone = tones.Warning
		}
		rows.add(certificateRemark(c, now), cell{text: c.Site}, cell{source(c), tone}, cell{text: orDash(printable.Text(c.Issuer))},
			cell{text: ahead(c.NotAfter, now)}, cell{text: renewal(c, now)})
	}
	out.WriteByte('\n')
	rows.write(out, color, width)
}

// writeClients writes about the authorities and revocation lists of clients that end soon
// or have ended.
func writeClients(out *strings.Builder, all []api.ClientsStatus, now time.Time, color bool, width int) {
	const soon = 24 * time.Hour
	rows, told := newTable("SITE", "CLIENTS", "ENDS"), false
	for _, c := range all {
		if c.Ends == nil || c.Ends.Sub(now) > soon {
			continue
		}
		told = true
		tone := tones.Warning
		if !now.Before(*c.Ends) {
			tone = tones.Alarm
		}
		rows.add("whom that is about does not come in any more then", cell{text: c.Site}, cell{printable.Text(c.What), tone}, cell{text: ahead(*c.Ends, now)})
	}
	if told {
		out.WriteByte('\n')
		rows.write(out, color, width)
	}
}

// certificateRemark says what is wrong with a certificate, and when edgegen tries again.
func certificateRemark(c api.CertificateStatus, now time.Time) string {
	text := c.Problem
	if text == "" && c.Waiting {
		text = "one of the local authority is served until the first one comes"
	}
	if c.Next != nil {
		text += "; tried again " + ahead(*c.Next, now)
	}
	return printable.Text(text)
}

// source is where a certificate comes from.
func source(c api.CertificateStatus) string {
	if c.Store != "" {
		return c.Source + ", " + printable.Text(c.Store)
	}
	return c.Source
}

func renewal(c api.CertificateStatus, now time.Time) string {
	if c.Renewal == nil {
		return "-"
	}
	return ahead(*c.Renewal, now)
}

// ahead is in what time something is, or how long it is past.
func ahead(at, now time.Time) string {
	if at.Before(now) {
		return short(now.Sub(at)) + " ago"
	}
	return fmt.Sprintf("in %s", short(at.Sub(now)))
}
