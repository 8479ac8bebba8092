// The codec in this folder is compiled into Whorl.Dht as well (neither project may refer to the other); each gives it its own exception.
global using WireFormatException = Whorl.Protocol.WireFormatException;
