<?php
// Stands in for Magento: pages of the catalogue are public and have tags, those of
// somebody are not, and all come with the session's cookie.
header('Content-Type: text/plain; charset=utf-8');
setcookie('PHPSESSID', $_COOKIE['PHPSESSID'] ?? bin2hex(random_bytes(8)), ['path' => '/', 'secure' => true, 'httponly' => true]);
if (preg_match('~^/(checkout|customer)(/|$)~', $_SERVER['REQUEST_URI'])) {
    header('Cache-Control: max-age=0, must-revalidate, no-cache, no-store');
} else {
    header('Cache-Control: max-age=86400, public, s-maxage=86400');
    header('X-Magento-Tags: cat_p_42,cat_p,store');
}
echo $_SERVER['REQUEST_URI'], ' at ', hrtime(true), "\n";
