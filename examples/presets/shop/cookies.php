<?php
// Runs before Magento. A page that is for everybody (public) comes with a session
// cookie all the same, and what comes with Set-Cookie is nobody's to keep. The VCL
// that Magento writes for Varnish drops the cookie of such pages; this does too.
if ($_SERVER['REQUEST_METHOD'] === 'GET' || $_SERVER['REQUEST_METHOD'] === 'HEAD') {
    header_register_callback(static function (): void {
        foreach (headers_list() as $line) {
            if (preg_match('/^Cache-Control:(?=.*\bpublic\b)(?!.*\b(?:private|no-store)\b)/i', $line)) {
                header_remove('Set-Cookie');
                return;
            }
        }
    });
}
