<?php
// The front controller: every path that is no file and no script comes here.
header('Content-Type: text/plain; charset=utf-8');
echo 'You asked for ', $_SERVER['REQUEST_URI'], ' as ', $_SERVER['REMOTE_ADDR'], "\n";
