// Bootstrap's styles for pages from right to left.
import "bootstrap/dist/css/bootstrap.rtl.css";
