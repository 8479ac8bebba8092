// MsgPack/ and Protobuf/ are compiled into Whorl.Dht as well (neither project may refer to the other); each gives them its own exception.
global using WireFormatException = Whorl.Protocol.WireFormatException;
