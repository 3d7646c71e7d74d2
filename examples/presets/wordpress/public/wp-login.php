<?php
// Stands in for the form of WordPress, which sets this cookie too.
header('Cache-Control: no-cache, must-revalidate, max-age=0');
header('Content-Type: text/plain; charset=utf-8');
setcookie('wordpress_test_cookie', 'WP Cookie check', ['path' => '/', 'secure' => true]);
echo 'log in by ', $_SERVER['REQUEST_METHOD'], "\n";
