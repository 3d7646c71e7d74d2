<?php
// Stands in for Magento's, which makes the file that resource names.
header('Content-Type: text/plain; charset=utf-8');
echo 'static.php for ', $_GET['resource'] ?? '', "\n";
