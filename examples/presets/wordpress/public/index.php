<?php
// Stands in for WordPress, whose index.php comes here.
header('Content-Type: text/plain; charset=utf-8');
if (preg_match('/^wordpress_logged_in_/m', implode("\n", array_keys($_COOKIE)))) {
    header('Cache-Control: no-cache, must-revalidate, max-age=0');
}
echo $_SERVER['REQUEST_URI'], ' at ', hrtime(true), "\n";
