<?php
// Stands in for Magento's, which makes the image that REQUEST_URI names.
header('Content-Type: text/plain; charset=utf-8');
echo 'get.php for ', $_SERVER['REQUEST_URI'], "\n";
