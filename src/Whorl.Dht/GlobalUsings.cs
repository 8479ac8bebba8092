// The linked codecs (MsgPack/, Protobuf/) throw this project's exception.
global using WireFormatException = Whorl.P2P.WireFormatException;
