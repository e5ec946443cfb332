// What of Asio and Beast need not be compiled with each file that includes them.
#include <utility>  // Asio 1.74 forgets it

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
