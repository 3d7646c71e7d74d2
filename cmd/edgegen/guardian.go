package main

// guardianArgument is how edgegen starts its guardian.
const guardianArgument = "__guardian"
